"""Prints disposable.txt from the installed Python package disposable-email-domains."""

from importlib.metadata import version

from disposable_email_domains import blocklist

print("# Hosts of mailboxes for a few minutes. Origin: https://github.com/disposable-email-domains/disposable-email-domains (CC0),")
print(f"# by the Python package disposable-email-domains {version('disposable-email-domains')} (MIT). Renewed by `just disposable-hosts`.")
print(*sorted(blocklist), sep="\n")
