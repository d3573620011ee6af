"""The command ``mmfermtl``: a module for each of its subcommands."""
