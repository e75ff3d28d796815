"""The sub-command that prints what a shell completes words by, made by shtab from the parser itself."""

SHELLS = ("bash", "zsh")
NAMES = "kerasgen list --names 2>/dev/null"  # run at the time of the completion: entries come and go
ENTRIES = {
    "bash": "_kerasgen_entries",
    "zsh": f"($({NAMES}))",
    "preamble": {"bash": f'_kerasgen_entries() {{ compgen -W "$({NAMES})" -- "$1"; }}'},
}
FILES = {"bash": "_shtab_compgen_files", "zsh": "_files"}
FOLDERS = {"bash": "_shtab_compgen_dirs", "zsh": "_files -/"}
PATHS = {
    "path": FOLDERS, "run": FOLDERS, "folder": FOLDERS, "evaluator": FOLDERS, "report": FOLDERS,
    "data": FILES, "labels": FILES, "out": FILES, "inception": FILES,
}  # fmt: skip


def completion(args):
    """Prints the script; `args.parser` is that of the whole command line."""
    import shtab

    print(shtab.complete(args.parser, args.shell))


def announce(parser):
    """Tells shtab which words of a parser are entries, files and folders."""
    for action in parser._actions:
        if action.dest == "name":
            action.complete = ENTRIES
        elif action.dest in PATHS:
            action.complete = PATHS[action.dest]
