"""The administration's addresses."""

from django.urls import path

from clinic.staff.views import places, tablets, team, trail

app_name = "staff"
urlpatterns = [
    path("me/", team.account, name="account"),
    path("me/pin/", tablets.pin_choose, name="pin-choose"),
    path("tablet/", tablets.tablet_page, name="tablet"),
    path("team/", team.user_list, name="user-list"),
    path("team/invite/", team.user_invite, name="user-invite"),
    path("team/<uuid:user>/", team.user_edit, name="user-edit"),
    path("team/<uuid:user>/roles/", team.user_roles, name="user-roles"),
    path("team/<uuid:user>/link/", team.user_link, name="user-link"),
    path(
        "team/<uuid:user>/second-factor/",
        team.user_reset_second_factor,
        name="user-reset-second-factor",
    ),
    path("team/<uuid:user>/reactivate/", team.user_reactivate, name="user-reactivate"),
    path("team/<uuid:user>/hours/", places.hours_edit, name="hours-edit"),
    path("team/<uuid:user>/time-off/", places.time_off_add, name="time-off-add"),
    path("time-off/<uuid:time_off>/cancel/", places.time_off_cancel, name="time-off-cancel"),
    path("places/", places.location_list, name="location-list"),
    path("places/add/", places.location_add, name="location-add"),
    path("places/<uuid:location>/", places.location_edit, name="location-edit"),
    path("places/<uuid:location>/close/", places.location_close, name="location-close"),
    path("places/<uuid:location>/rooms/add/", places.room_add, name="room-add"),
    path("rooms/<uuid:room>/", places.room_edit, name="room-edit"),
    path("rooms/<uuid:room>/close/", places.room_close, name="room-close"),
    path("audit/", trail.audit_list, name="audit-list"),
]
