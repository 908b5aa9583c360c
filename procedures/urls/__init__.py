"""Pages of the treatment: the catalogue with plans, the calendar with sessions, the rulebook."""

from procedures.urls import calendar, catalogue, rules

app_name = "procedures"
urlpatterns = [*catalogue.urlpatterns, *calendar.urlpatterns, *rules.urlpatterns]
