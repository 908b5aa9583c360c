"""Pages of the treatment: the catalogue with plans, and the calendar with sessions."""

from procedures.urls import calendar

app_name = "procedures"
urlpatterns = [*calendar.urlpatterns]
