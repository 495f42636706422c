"""How a file of another tool says where a value goes."""

from string import Template


class Placeholders(Template):
    """@{name}, because $ and {{ belong to the files themselves. substitute() raises KeyError for an unknown name."""

    delimiter = "@"
