"""The `kaitsu` command and its subcommands."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from ops.cli import bills, crosswalk, dlq, doctor, orders, rebuild, tail
from ops.demo import commands as demo
from ops.runtime.trouble import Trouble


class Commands(TyperGroup):
    """Shows trouble as words, not as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; trouble ends it with exit code 1."""
        try:
            return super().invoke(ctx)
        except Trouble as error:
            Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    name="kaitsu",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Kaitsu: from a fiber order's form to a lit line to its invoice.\n\n"
    "To see it run: demo, up, submit. To watch it: tail, orders, bills. To mend it: dlq, doctor, rebuild-topics.",
)
app.command()(demo.demo)
app.command()(demo.up)
app.command()(demo.submit)
app.command()(tail.tail)
app.add_typer(orders.app, name="orders")
app.add_typer(bills.app, name="bills")
app.add_typer(crosswalk.app, name="crosswalk")
app.add_typer(dlq.app, name="dlq")
app.command()(doctor.doctor)
app.command("rebuild-topics")(rebuild.rebuild_topics)
