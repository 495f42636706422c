"""What an environment consists of in AWS, and where it is."""

from dataclasses import replace

from tests.diagrams import Arrow, Box, Cluster, Picture
from tests.diagrams.code import Code, Resource, boxes

REQUEST, EGRESS = "#0969da", "#8250df"
# What the default route of a tier leads to, from the outside to the inside, and the color of the tier.
WAYS = {
    "aws_internet_gateway": ("internet gateway", "#eaf5ea"),
    "aws_nat_gateway": ("NAT gateway", "#e6f1fb"),
    "": ("none", "#f1ecf9"),
}
# Whose security groups are drawn as arrows, and what these groups belong to: that of a cluster is that of its nodes.
MEMBERS = {
    "aws_eks_node_group": "aws_eks_cluster",
    "aws_instance": "aws_security_group",
    "aws_db_instance": "aws_security_group",
}
WIDTH = 160


def architecture(code: Code) -> Picture:
    gateways = _gateways(code)
    [vpc], [internet] = code.resources("aws_vpc"), code.resources("aws_internet_gateway")
    [provider] = code.templates[vpc.stack]["provider"]["aws"]
    account = f"AWS account {provider['allowed_account_ids'][0]}, {provider['region']}"
    network = f"VPC {vpc.body['cidr_block']}"
    tiers = _tiers(code, gateways, network)
    services = boxes([each for each in code.resources() if each.place == "beside"])
    return Picture(
        title=[
            f"The environment {code.environment} in AWS",
            "Blue: connections. Purple, dashed: the way of a connection to the internet.",
        ],
        direction="TB",
        clusters=[Cluster(label=account, fill="#ffffff"), Cluster(label=network, cluster=account)],
        boxes=[
            Box(id="clients", icon="onprem/client/users", lines=["Clients"]),
            Box(id=internet.kind, held=boxes([internet]), cluster=network),
            *tiers,
            Box(id="beside", lines=["Beside the VPC"], held=services, columns=6, cluster=account, fill="#ffffff"),
        ],
        arrows=[
            Arrow(start="clients", end=internet.kind, color=REQUEST),
            *_requests(code, internet),
            *_egress(code, gateways),
            Arrow(start=tiers[-1].id, end="beside", style="invis"),
        ],
    )


def _gateways(code: Code) -> dict[str, Resource]:
    """What the default route of each subnet leads to; a subnet without one is left out."""
    leads = {}
    for route in code.resources("aws_route"):
        [table], [gateway, *_] = (code.referred(route, kinds) for kinds in ("aws_route_table", "aws_\\w+_gateway"))
        leads[table.name] = gateway
    tables = {}
    for association in code.resources("aws_route_table_association"):
        [subnet], [table] = (code.referred(association, kind) for kind in ("aws_subnet", "aws_route_table"))
        tables[subnet.name] = table.name
    return {subnet: leads[table] for subnet, table in tables.items() if table in leads}


def _card(subnet: Resource) -> str:
    return ":".join(subnet.path[2:4])


def _place(code: Code, resource: Resource) -> str:
    """Where it is drawn: in the card of its only subnet, or beside those of its tier, alone where it has arrows."""
    subnets = code.referred(resource, "aws_subnet")
    if len(subnets) == 1:
        return _card(subnets[0])
    tier = (subnets or code.referred(resource, "aws_route_table"))[0].path[2]
    return f"{tier}:{resource.path[-2] if resource.kind in MEMBERS else ''}"


def _tiers(code: Code, gateways: dict[str, Resource], cluster: str) -> list[Box]:
    """For each tier its subnets, as cards with what is in one of them, and then what is in several."""
    placed: dict[str, list[Resource]] = {}
    for each in code.resources():
        if each.place == "subnets":
            placed.setdefault(_place(code, each), []).append(each)
    rows: dict[str, list[Box]] = {}
    ways = {}
    for subnet in code.resources("aws_subnet"):
        tier, zone = subnet.path[2:4]
        ways[tier] = gateways[subnet.name].kind if subnet.name in gateways else ""
        row = rows.setdefault(tier, [Box(lines=[f"{tier} subnets", "egress:", WAYS[ways[tier]][0]], width=WIDTH)])
        lines = [subnet.body["availability_zone"], subnet.body["cidr_block"]]
        held = boxes(placed.pop(_card(subnet), []))
        row.append(Box(id=zone, lines=lines, held=held, fill="#ffffff", width=WIDTH))
    if balancer := _load_balancer(code):
        icon = "aws/network/elb-application-load-balancer"
        lines = ["Load balancer", "of the Ingress"]
        rows[balancer.partition(":")[0]].append(Box(id="balancer", icon=icon, lines=lines, width=WIDTH))
    for place, resources in sorted(placed.items(), key=lambda each: each[0].endswith(":")):
        tier, _, name = place.partition(":")
        drawn = boxes(resources)
        several = Box(held=drawn) if len(drawn) > 1 else drawn[0]
        rows[tier].append(replace(several, id=name, width=WIDTH))
    columns = max(len(row) for row in rows.values())
    return [
        Box(
            id=tier,
            held=rows[tier] + [Box(width=WIDTH)] * (columns - len(rows[tier])),
            columns=columns,
            fill=WAYS[ways[tier]][1],
            cluster=cluster,
        )
        for tier in sorted(rows, key=lambda tier: [*WAYS].index(ways[tier]))
    ]


def _load_balancer(code: Code) -> str:
    """Where the controller makes it: https://docs.aws.amazon.com/eks/latest/userguide/alb-ingress.html"""
    makes = [each for each in code.resources("helm_release") if each.body["name"] == "aws-load-balancer-controller"]
    tagged = [each.path[2] for each in code.resources("aws_subnet") if "kubernetes.io/role/elb" in each.body["tags"]]
    return f"{tagged[0]}:balancer" if makes and tagged else ""


def _requests(code: Code, internet: Resource) -> list[Arrow]:
    """From the internet to the nodes, and from each security group that may, to the database."""
    arrows = []
    if balancer := _load_balancer(code):
        arrows.append(Arrow(start=internet.kind, end=balancer, color=REQUEST))
        for nodes in code.resources("aws_eks_node_group"):
            arrows.append(Arrow(start=balancer, end=_place(code, nodes), color=REQUEST))
    for rule in code.resources("aws_vpc_security_group_ingress_rule"):
        for start in _members(code, rule, "referenced_security_group_id"):
            for end in _members(code, rule, "security_group_id"):
                arrows.append(Arrow(start=start, end=end, lines=[str(rule.body["to_port"])], color=REQUEST))
    return arrows


def _members(code: Code, rule: Resource, attribute: str) -> list[str]:
    """Where those are that have the security group which this attribute of a rule names."""
    named = Resource(rule.stack, rule.kind, rule.name, {attribute: rule.body.get(attribute)})
    return [
        _place(code, each)
        for kind, owner in MEMBERS.items()
        for each in code.resources(kind)
        if any(group in code.referred(each, owner) for group in code.referred(named, owner))
    ]


def _egress(code: Code, gateways: dict[str, Resource]) -> list[Arrow]:
    """From the subnets to their NAT gateways, and from these to the internet gateway."""
    ways = {_card(subnet): gateways.get(subnet.name) for subnet in code.resources("aws_subnet")}
    nat = {
        card: _place(code, gateway) for card, gateway in ways.items() if gateway and gateway.kind == "aws_nat_gateway"
    }
    out = {card: gateway.kind for card in nat.values() if (gateway := ways[card])}
    return [
        Arrow(start=start, end=end, color=EGRESS, style="dashed", up=True)
        for start, end in [*nat.items(), *out.items()]
    ]
