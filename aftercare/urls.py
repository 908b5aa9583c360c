from django.urls import path

from aftercare.views import plans, reactions

app_name = "aftercare"
urlpatterns = [
    path("<uuid:plan>/", plans.plan_detail, name="plan-detail"),
    path("<uuid:plan>/sheet/", plans.plan_sheet, name="plan-sheet"),
    path("<uuid:plan>/release/", plans.plan_release, name="plan-release"),
    path(
        "restriction/<uuid:restriction>/release/",
        plans.restriction_release,
        name="restriction-release",
    ),
    path("<uuid:plan>/reaction/", reactions.reaction_add, name="reaction-add"),
    path("check-in/<uuid:check_in>/", plans.check_in_detail, name="check-in-detail"),
    path("check-in/<uuid:check_in>/photo/", plans.check_in_photo, name="check-in-photo"),
    path("reactions/", reactions.reaction_report, name="reaction-report"),
    path("reactions/export/", reactions.reaction_export, name="reaction-export"),
    path("reaction/<uuid:reaction>/", reactions.reaction_detail, name="reaction-detail"),
    path("question/<uuid:asked>/", plans.question_detail, name="question-detail"),
    path("question/<uuid:asked>/reply/", plans.question_reply, name="question-reply"),
    path("chart/<uuid:patient>/", plans.chart_aftercare, name="chart-aftercare"),
]
