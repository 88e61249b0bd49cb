"""`kaitsu demo` and `kaitsu up`: the whole system at work in an invented world, and the checks of its promises."""
