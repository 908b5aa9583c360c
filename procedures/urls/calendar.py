"""Addresses of the calendar and the treatment room."""

from django.urls import path

from procedures.views import (
    agenda,
    appointments,
    calendar,
    charting,
    courses,
    desk,
    feeds,
    sessions,
    waiting,
)

urlpatterns = [
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/feed/", agenda.calendar_feed, name="calendar-feed"),
    path("calendar/marks/", agenda.calendar_marks, name="calendar-marks"),
    path("feeds/", feeds.feed_own, name="feed-own"),
    path("feeds/<str:token>.ics", feeds.feed_read, name="feed-read"),
    path("visits/<uuid:visit>/drop/", agenda.appointment_drop, name="appointment-drop"),
    path("visits/book/", desk.appointment_book, name="appointment-book"),
    path("visits/hold/", desk.slot_hold, name="slot-hold"),
    path("visits/walk-in/", desk.walk_in, name="walk-in"),
    path(
        "visits/<uuid:visit>/take-back/", desk.appointment_take_back, name="appointment-take-back"
    ),
    path("patients/<uuid:patient>/book/", appointments.patient_book, name="patient-book"),
    path("visits/<uuid:visit>/", appointments.appointment_detail, name="appointment-detail"),
    path("visits/<uuid:visit>/move/", appointments.appointment_move, name="appointment-move"),
    path("visits/<uuid:visit>/cancel/", appointments.appointment_cancel, name="appointment-cancel"),
    path(
        "visits/<uuid:visit>/restore/", appointments.appointment_restore, name="appointment-restore"
    ),
    path("visits/<uuid:visit>/arrive/", appointments.appointment_arrive, name="appointment-arrive"),
    path(
        "visits/<uuid:visit>/no-show/", appointments.appointment_no_show, name="appointment-no-show"
    ),
    path("visits/<uuid:visit>/finish/", appointments.appointment_finish, name="appointment-finish"),
    path("plans/<uuid:plan>/book/", courses.course_book, name="course-book"),
    path("waitlist/", waiting.waitlist, name="waitlist"),
    path("patients/<uuid:patient>/wait/", waiting.waitlist_add, name="waitlist-add"),
    path("waitlist/<uuid:entry>/remove/", waiting.waitlist_remove, name="waitlist-remove"),
    path("offers/<uuid:offer>/answer/", waiting.offer_answer, name="offer-answer"),
    path("plans/<uuid:plan>/hold/", courses.course_hold, name="course-hold"),
    path(
        "courses/<uuid:course>/<int:number>/book/",
        courses.session_book_again,
        name="session-book-again",
    ),
    path("holds/<uuid:hold>/release/", courses.hold_release, name="hold-release"),
    path("sessions/<uuid:session>/", sessions.session_detail, name="session-detail"),
    path("sessions/<uuid:session>/prepare/", sessions.session_prepare, name="session-prepare"),
    path("sessions/<uuid:session>/start/", sessions.session_start, name="session-start"),
    path("sessions/<uuid:session>/inject/", sessions.session_inject, name="session-inject"),
    path("sessions/<uuid:session>/draft/", charting.session_draft, name="session-draft"),
    path("sessions/<uuid:session>/chart/", charting.session_chart, name="session-chart"),
    path("sessions/<uuid:session>/back/", charting.session_take_back, name="session-take-back"),
    path("sessions/<uuid:session>/put-back/", charting.session_put_back, name="session-put-back"),
    path("sessions/<uuid:session>/add/", charting.session_add, name="session-add"),
    path("sessions/<uuid:session>/complete/", sessions.session_complete, name="session-complete"),
    path("sessions/<uuid:session>/stop/", sessions.session_stop, name="session-stop"),
    path("chart/<uuid:patient>/sessions/", courses.chart_sessions, name="chart-sessions"),
]
