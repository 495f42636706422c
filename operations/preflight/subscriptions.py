"""Whether the people who are to hear of alarms have confirmed it: SNS sends nothing before, and forgets after days."""

from collections.abc import Iterator

from operations.checks import Check
from operations.preflight.question import Question


def confirmed(question: Question) -> Iterator[Check]:
    settings = question.context.settings
    for stack, address, topic in question.resources("aws_sns_topic"):
        if address not in question.known[stack]:
            continue
        people = question.templates[stack]["resource"].get("aws_sns_topic_subscription", {}).values()
        wanted = {each["endpoint"] for each in people if f"{address}." in each["topic_arn"]}
        arn = f"arn:aws:sns:{settings.region}:{settings.account}:{topic['name']}"
        query = "Subscriptions[?starts_with(SubscriptionArn, 'arn:')].Endpoint"
        there = question.pages("sns", "list_subscriptions_by_topic", query, TopicArn=arn)
        if missing := sorted(wanted.difference(there)):
            again = f"make deploy STACK={stack} ENVIRONMENT={settings.environment}"
            remedy = f"Follow the link in the mail of SNS, or have it sent again: {again}."
            yield Check("", f"{', '.join(missing)} has not confirmed {topic['name']}", remedy, "a click", stops=False)
        elif not there:
            yield Check("", f"nobody hears of {topic['name']}", "", "an address in the settings")
