"""Which labels the result of a PromQL expression can have, and whether its metrics and labels exist at all."""

import re
from collections.abc import Mapping

import promql_parser as promql

Labels = frozenset[str]
# Metric to job to labels; the job of what a rule records is None.
Known = Mapping[str, Mapping[str | None, Labels]]
KEEP_LABELS = {"topk", "bottomk", "limitk"}


class Mismatch(Exception):
    """The expression asks for something that nothing produces."""


def need(labels: Labels, wanted: list[str] | set[str], where: object) -> None:
    missing = sorted(set(wanted) - labels)
    if missing:
        raise Mismatch(f"{where}: nothing there has the label {', '.join(missing)}, only {', '.join(sorted(labels))}")


def labels_of(node: promql.Expr, known: Known) -> Labels | None:
    """None for a number. Of a metric that several jobs have, only the labels that all of them give count."""
    if isinstance(node, promql.NumberLiteral | promql.StringLiteral):
        return None
    if isinstance(node, promql.VectorSelector):
        return _selected(node, known)
    if isinstance(node, promql.MatrixSelector):
        return _selected(node.vector_selector, known)
    if isinstance(node, promql.AggregateExpr):
        return _aggregated(node, known)
    if isinstance(node, promql.Call):
        return _called(node, known)
    if isinstance(node, promql.BinaryExpr):
        return _combined(node, known)
    assert isinstance(node, promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr), node
    return labels_of(node.expr, known)


def _selected(node: promql.VectorSelector, known: Known) -> Labels:
    if node.name is None or node.name not in known:
        raise Mismatch(f"{node}: there is no metric {node.name}")
    jobs = dict(known[node.name])
    for matcher in node.matchers.matchers:
        if matcher.name == "job":
            jobs = {job: each for job, each in jobs.items() if job and _fits(matcher, job)}
    if not jobs:
        raise Mismatch(f"{node}: {node.name} is of {', '.join(map(str, known[node.name]))}")
    labels = frozenset.intersection(*jobs.values())
    need(labels, {matcher.name for matcher in node.matchers.matchers}, node)
    return labels


def _fits(matcher: promql.Matcher, value: str) -> bool:
    pattern = matcher.value if matcher.op in (promql.MatchOp.Re, promql.MatchOp.NotRe) else re.escape(matcher.value)
    negative = matcher.op in (promql.MatchOp.NotEqual, promql.MatchOp.NotRe)
    return bool(re.fullmatch(pattern, value)) != negative


def _aggregated(node: promql.AggregateExpr, known: Known) -> Labels:
    inside = labels_of(node.expr, known)
    assert inside is not None, node
    if node.modifier:
        need(inside, node.modifier.labels, node)
    if str(node.op) in KEEP_LABELS:
        return inside
    if not node.modifier:
        return frozenset()
    if node.modifier.type == promql.AggModifierType.Without:
        return inside - set(node.modifier.labels)
    return frozenset(node.modifier.labels)


def _called(node: promql.Call, known: Known) -> Labels | None:
    name = node.func.name
    if name == "time":
        return None
    if name == "vector":
        return frozenset()
    if name in ("absent", "absent_over_time"):
        labels_of(node.args[0], known)
        equal = [each for each in node.args[0].matchers.matchers if each.op == promql.MatchOp.Equal]
        return frozenset(matcher.name for matcher in equal)
    [inside] = [labels for labels in (labels_of(each, known) for each in node.args) if labels is not None]
    if name == "label_replace":
        need(inside, {node.args[3].val}, node)
        return inside | {node.args[1].val}
    if name == "histogram_quantile":
        need(inside, {"le"}, node)
        return inside - {"le"}
    return inside


def _combined(node: promql.BinaryExpr, known: Known) -> Labels | None:
    left, right = labels_of(node.lhs, known), labels_of(node.rhs, known)
    if left is None or right is None:
        return right if left is None else left
    if str(node.op) == "or":
        return left | right
    modifier = node.modifier
    matching = modifier and modifier.matching
    if not modifier or not matching:
        if left != right:
            raise Mismatch(f"{node}: the labels differ, so nothing matches: {sorted(left ^ right)}")
        return left
    if matching.type == promql.LabelModifierType.Include:
        need(left, matching.labels, node.lhs)
        need(right, matching.labels, node.rhs)
    if modifier.card == promql.VectorMatchCardinality.ManyToMany:  # and, unless
        return left
    if modifier.card == promql.VectorMatchCardinality.OneToOne:
        included = matching.type == promql.LabelModifierType.Include
        return frozenset(matching.labels) if included else left - set(matching.labels)
    many, one = (left, right) if modifier.card == promql.VectorMatchCardinality.ManyToOne else (right, left)
    need(one, modifier.group_labels or [], node)
    return many | set(modifier.group_labels or [])
