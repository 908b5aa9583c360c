"""Words of the knowledge in the language of the page."""

from django import template
from django.utils.translation import get_language

from clinic.knowledge.loader import load

register = template.Library()


@register.filter
def in_words(words: dict[str, dict[str, str] | None], name: str) -> str:
    """{{ restriction.words|in_words:"why" }}"""
    said = words.get(name) or {}
    return said.get((get_language() or "en")[:2]) or said.get("en", "")


@register.filter
def sign_name(sign: str) -> str:
    """{{ "SE-REDNESS"|sign_name }}; one that the knowledge no longer has keeps its id."""
    entry = load().side_effects.get(sign)
    return entry.name.in_(get_language() or "en") if entry else sign


@register.filter
def in_language(words: dict[str, str]) -> str:
    """{{ condition|in_language }}"""
    return words.get((get_language() or "en")[:2]) or words.get("en", "")


@register.filter
def reasons(rules: list[str]) -> list[str]:
    """{{ question.rules|reasons }}: what a rule forbids, and why."""
    language = get_language() or "en"
    known = (load().restrictions[rule] for rule in rules if rule in load().restrictions)
    return [f"{one.forbidden.in_(language)}: {one.why.in_(language)}" for one in known]
