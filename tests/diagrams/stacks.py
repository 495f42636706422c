"""The stacks, and the outputs that wire them."""

from tests.diagrams import Arrow, Box, Picture
from tests.diagrams.code import Code, icon

AWS, INSIDE = "#f6f8fa", "#dbeafe"


def stacks(code: Code) -> Picture:
    boxes, arrows = [], []
    for stack, template in code.templates.items():
        kinds = template["resource"]
        counts = {"resource": sum(len(named) for named in kinds.values()), "output": len(template["output"])}
        lines = [stack, *(f"{count} {what}{'s' * (count != 1)}" for what, count in counts.items())]
        boxes.append(
            Box(id=stack, icon=icon([*kinds]), lines=lines, fill=AWS if "aws" in template["provider"] else INSIDE)
        )
    reads = code.reads()
    for reader, earlier in code.after.items():
        for stack in earlier:
            if outputs := reads.get((stack, reader)):
                wire = f"{stack} to {reader}"
                boxes.append(Box(id=wire, lines=outputs, fill="#ffffff", small=True))
                arrows += [Arrow(start=stack, end=wire, head=False), Arrow(start=wire, end=reader)]
            else:
                arrows.append(Arrow(start=stack, end=reader, style="dashed"))
    how = "On an arrow: the outputs that the next stack reads. Dashed: it reads none, and is applied after."
    where = "Blue: in the cluster, with the providers helm and kubernetes."
    title = [f"The stacks of {code.environment}", how, where]
    return Picture(title=title, direction="TB", clusters=[], boxes=boxes, arrows=arrows)
