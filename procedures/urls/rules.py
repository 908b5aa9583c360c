"""Addresses of the rulebook: rules, the draft, versions, cases, rounds."""

from django.urls import path

from procedures.views import cases, drafts, rules, versions

urlpatterns = [
    path("rules/", rules.rule_list, name="rule-list"),
    path("rules/drafts/<uuid:draft>/", drafts.draft_detail, name="draft-detail"),
    path("rules/drafts/<uuid:draft>/propose/", drafts.draft_propose, name="draft-propose"),
    path("rules/drafts/<uuid:draft>/publish/", drafts.draft_publish, name="draft-publish"),
    path("rules/drafts/<uuid:draft>/give-up/", drafts.draft_give_up, name="draft-give-up"),
    path("rules/drafts/<uuid:draft>/affected/", drafts.draft_affected, name="draft-affected"),
    path("rules/drafts/<uuid:draft>/cases/", drafts.draft_cases, name="draft-cases"),
    path(
        "rules/drafts/<uuid:draft>/lines/<uuid:line>/remove/",
        drafts.draft_line_remove,
        name="draft-line-remove",
    ),
    path("rules/versions/", versions.version_list, name="version-list"),
    path("rules/versions/compare/", versions.version_compare, name="version-compare"),
    path("rules/versions/<int:number>/", versions.version_detail, name="version-detail"),
    path("rules/rounds/<uuid:round>/", versions.rescreening_detail, name="rescreening-detail"),
    path("rules/cases/", cases.case_list, name="case-list"),
    path("rules/cases/<uuid:case>/drop/", cases.case_drop, name="case-drop"),
    path("rules/rule/<str:rule>/", rules.rule_detail, name="rule-detail"),
    path("rules/rule/<str:rule>/change/", rules.rule_change, name="rule-change"),
]
