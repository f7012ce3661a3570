# Completions of leadenrich for elvish. In ~/.config/elvish/rc.elv: eval (leadenrich completions elvish | slurp)

set edit:completion:arg-completer[leadenrich] = {|@words|
  var index = (- (count $words) 1)
  var answer = [(e:leadenrich __complete elvish $index $@words 2>/dev/null)]
  if (> (count $answer) 0) {
    if (eq $answer[0] files) {
      edit:complete-filename $@words
    } elif (eq $answer[0] folders) {
      edit:complete-dirname $@words
    } else {
      var end = ' '
      if (eq $answer[0] open) { set end = '' }
      use str
      for line $answer[1..] {
        var parts = [(str:split &max=2 "\t" $line)]
        if (> (count $parts) 1) {
          edit:complex-candidate $parts[0] &code-suffix=$end &display=$parts[0]'  '$parts[1]
        } else {
          edit:complex-candidate $parts[0] &code-suffix=$end
        }
      }
    }
  }
}
