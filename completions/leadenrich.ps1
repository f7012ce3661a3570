# Completions of leadenrich for PowerShell. In $PROFILE:
# leadenrich completions powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName leadenrich -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $index = 0
    $words = @()
    foreach ($element in $commandAst.CommandElements) {
        if ($element.Extent.EndOffset -lt $cursorPosition) { $index++ }
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $words += $element.Value
        } else {
            $words += $element.Extent.Text
        }
    }
    # Where the cursor stands at no word, the program takes the one at this place for empty, if it comes last.
    if ($wordToComplete -eq '' -and $index -lt $words.Count) { $words = $words[0..($index - 1)] }

    # No answer lets PowerShell complete file names.
    $answer = @(leadenrich __complete powershell $index @words 2>$null)
    if ($answer.Count -lt 2) { return }
    foreach ($line in $answer[1..($answer.Count - 1)]) {
        $value, $help = $line -split "`t", 2
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
}
