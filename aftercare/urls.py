from django.urls import path

from aftercare import views

app_name = "aftercare"
urlpatterns = [
    path("<uuid:plan>/", views.plan_detail, name="plan-detail"),
    path("<uuid:plan>/release/", views.plan_release, name="plan-release"),
    path(
        "restriction/<uuid:restriction>/release/",
        views.restriction_release,
        name="restriction-release",
    ),
    path("<uuid:plan>/reaction/", views.reaction_add, name="reaction-add"),
    path("check-in/<uuid:check_in>/", views.check_in_detail, name="check-in-detail"),
    path("reaction/<uuid:reaction>/", views.reaction_detail, name="reaction-detail"),
    path("question/<uuid:asked>/", views.question_detail, name="question-detail"),
    path("question/<uuid:asked>/reply/", views.question_reply, name="question-reply"),
    path("chart/<uuid:patient>/", views.chart_aftercare, name="chart-aftercare"),
]
