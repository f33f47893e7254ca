"""The command line: arguments in, outcomes out. All output goes through `output`; all work is in `commands`."""
