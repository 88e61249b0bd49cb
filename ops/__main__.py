"""`python -m ops` is the `kaitsu` command."""

from ops.cli.main import app

if __name__ == "__main__":
    app(prog_name="kaitsu")
