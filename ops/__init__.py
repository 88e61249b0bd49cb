"""The `kaitsu` command: the embedded runtime, the demonstration, and what operators do by hand."""
