"""Pages of the treatment: the catalogue with plans, and the calendar with sessions."""

from procedures.urls import calendar, catalogue

app_name = "procedures"
urlpatterns = [*catalogue.urlpatterns, *calendar.urlpatterns]
