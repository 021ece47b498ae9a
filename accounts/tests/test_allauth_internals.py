"""What this site uses of django-allauth's private parts is still as it was."""

from __future__ import annotations

import inspect

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from django.http import HttpRequest
from django.test import Client, RequestFactory, SimpleTestCase, TestCase

from accounts import adapters, allauth_internals, backends
from accounts.tests.factories import create_user


class SignatureTests(SimpleTestCase):
    def test_functions_take_what_they_are_given(self) -> None:
        request, user = RequestFactory().get("/"), object()
        for function, args, kwargs in (
            (
                allauth_internals.record_authentication,
                (request, user),
                {"method": "code", "reauthenticated": True},
            ),
            (allauth_internals.prevent_enumeration, (request,), {"email": "a@b.c"}),
            (allauth_internals.get_user_by_username, ("susan",), {}),
            (
                allauth_internals.filter_users_by_email,
                ("a@b.c",),
                {"prefer_verified": True, "for_login": True},
            ),
        ):
            with self.subTest(function.__name__):
                inspect.signature(function).bind(*args, **kwargs)

    def test_methods_that_are_overridden_are_there(self) -> None:
        for ours, theirs, names in (
            (
                adapters.AccountAdapter,
                DefaultAccountAdapter,
                ("_delete_login_attempts_cached_email", "pre_authenticate"),
            ),
            (backends.AuthenticationBackend, AuthenticationBackend, ("_authenticate",)),
        ):
            for name in names:
                with self.subTest(name):
                    mine = inspect.signature(getattr(ours, name)).parameters
                    before = inspect.signature(getattr(theirs, name)).parameters
                    self.assertEqual(list(mine), list(before))
        self.assertTrue(hasattr(backends.AuthenticationBackend, "_check_password"))


class BehaviourTests(TestCase):
    def test_users_are_found_by_name_and_address_without_case(self) -> None:
        susan = create_user("susan")
        EmailAddress.objects.create(user=susan, email=susan.email, verified=True)
        self.assertEqual(allauth_internals.get_user_by_username("SUSAN"), susan)
        self.assertIsNone(allauth_internals.get_user_by_username("nobody"))
        found = allauth_internals.filter_users_by_email(
            susan.email.upper(), prefer_verified=True, for_login=True
        )
        self.assertEqual(found, [susan])

    def test_an_authentication_is_recorded_in_the_session(self) -> None:
        client = Client()
        client.force_login(create_user("susan"))
        request = HttpRequest()
        request.session = client.session
        allauth_internals.record_authentication(
            request, create_user("john"), method="code", reauthenticated=True
        )
        (method,) = request.session["account_authentication_methods"]
        self.assertEqual((method["method"], method["reauthenticated"]), ("code", True))
        self.assertIn("at", method)
