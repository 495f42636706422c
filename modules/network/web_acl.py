"""How much one address may ask of the load balancer, counted by AWS WAF before a pod hears of it."""

from typing import Any

from imports.aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclRule,
    Wafv2WebAclRuleAction,
    Wafv2WebAclRuleActionBlock,
    Wafv2WebAclRuleActionBlockCustomResponse,
    Wafv2WebAclRuleVisibilityConfig,
    Wafv2WebAclVisibilityConfig,
)
from imports.engine import Construct
from settings.cluster import RateLimitSettings

WINDOW_SECONDS = 300


def _matches(field: str, regex: str) -> dict[str, Any]:
    return {
        "regex_match_statement": {
            "field_to_match": {field: {}},
            "regex_string": regex,
            # The application takes /API/Users as well.
            "text_transformation": [{"priority": 0, "type": "LOWERCASE"}],
        }
    }


def web_acl(scope: Construct, id: str, *, name: str, settings: RateLimitSettings) -> Wafv2WebAcl:
    """The controller of load balancers attaches it to the one whose Ingress names it."""
    # To log in, to register and to change one's own data: for each of them a password is computed.
    passwords = {
        "and_statement": {"statement": [_matches("uri_path", r"^/api/users?(/|$)"), _matches("method", "^(post|put)$")]}
    }
    limits: dict[str, dict[str, Any]] = {
        "passwords": {"limit": settings.passwords, "scope_down_statement": passwords},
        "requests": {"limit": settings.requests},
    }
    measured = {"cloudwatch_metrics_enabled": True, "sampled_requests_enabled": True}
    return Wafv2WebAcl(
        scope,
        id,
        name=name,
        description="Limits the requests of an address",
        scope="REGIONAL",
        default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
        rule=[
            Wafv2WebAclRule(
                name=kind,
                priority=priority,
                statement={
                    "rate_based_statement": {
                        "aggregate_key_type": "IP",
                        "evaluation_window_sec": WINDOW_SECONDS,
                        **limit,
                    }
                },
                action=Wafv2WebAclRuleAction(
                    block=Wafv2WebAclRuleActionBlock(
                        custom_response=Wafv2WebAclRuleActionBlockCustomResponse(response_code=429)
                    )
                ),
                visibility_config=Wafv2WebAclRuleVisibilityConfig(metric_name=kind, **measured),
            )
            for priority, (kind, limit) in enumerate(limits.items())
        ],
        visibility_config=Wafv2WebAclVisibilityConfig(metric_name=name, **measured),
    )
