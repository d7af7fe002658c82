"""The help desk at the root, as its documentation mounts it, and Django's admin site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls), path("", include("helpdesk.urls"))]
