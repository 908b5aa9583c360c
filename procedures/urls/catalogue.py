"""Addresses of the catalogue, the clinic's settings, plans and screenings."""

from django.urls import path

from procedures.views import (
    labs,
    overrides,
    plans,
    products,
    screenings,
    settings,
    stock,
    substitutes,
)

urlpatterns = [
    path("products/", products.product_list, name="product-list"),
    path("products/add/", products.product_add, name="product-add"),
    path("products/<uuid:product>/", products.product_edit, name="product-edit"),
    path("products/<uuid:product>/retire/", products.product_retire, name="product-retire"),
    path("products/<uuid:product>/lots/", products.lot_receive, name="lot-receive"),
    path("lots/<uuid:lot>/withdraw/", products.lot_withdraw, name="lot-withdraw"),
    path("stock/", stock.stock_list, name="stock-list"),
    path("lots/<uuid:lot>/", stock.lot_detail, name="lot-detail"),
    path("lots/<uuid:lot>/waste/", stock.lot_waste, name="lot-waste"),
    path("lots/<uuid:lot>/count/", stock.lot_count, name="lot-count"),
    path("lots/<uuid:lot>/recall/", stock.lot_recall, name="lot-recall"),
    path("lots/<uuid:lot>/recall.csv", stock.lot_recall_export, name="lot-recall-export"),
    path("settings/", settings.setting_list, name="setting-list"),
    path("settings/<str:key>/", settings.setting_edit, name="setting-edit"),
    path("patients/<uuid:patient>/plan/", plans.plan_add, name="plan-add"),
    path("plans/<uuid:plan>/", plans.plan_detail, name="plan-detail"),
    path("plans/<uuid:plan>/revise/", plans.plan_revise, name="plan-revise"),
    path("plans/<uuid:plan>/sign-off/", plans.plan_sign_off, name="plan-sign-off"),
    path("plans/<uuid:plan>/close/", plans.plan_close, name="plan-close"),
    path("plans/<uuid:plan>/consent/", plans.consent_offer, name="consent-offer"),
    path("plans/<uuid:plan>/test/", plans.test_apply, name="test-apply"),
    path("plans/<uuid:plan>/screen/", screenings.screening_make, name="screening-make"),
    path("plans/<uuid:plan>/decide/", screenings.override_add, name="override-add"),
    path(
        "plans/<uuid:plan>/instead/<uuid:blocked>/<uuid:product>/",
        substitutes.plan_substitute,
        name="plan-substitute",
    ),
    path("plans/<uuid:plan>/labs/", labs.lab_record, name="lab-record"),
    path("decisions/", overrides.override_list, name="override-list"),
    path("decisions/table.csv", overrides.override_export, name="override-export"),
    path("tests/<uuid:test>/read/", plans.test_read, name="test-read"),
    path("screenings/<uuid:made>/", screenings.screening_detail, name="screening-detail"),
    path("patients/<uuid:patient>/plans/", plans.chart_plans, name="chart-plans"),
    path("patients/<uuid:patient>/findings/", screenings.chart_findings, name="chart-findings"),
]
