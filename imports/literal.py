"""Text that Terraform takes as it is."""


def literal(text: str) -> str:
    """Terraform reads ${ and %{ in a string; in a file of another tool they mean what they say."""
    return text.replace("${", "$${").replace("%{", "%%{")
