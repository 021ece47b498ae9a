"""Who can sign up: SIGNUPS=open, approval, invitation, closed."""

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.test import (
    Client,
    RequestFactory,
    TransactionTestCase,
    override_settings,
)
from django.utils import timezone

from accounts.models import Invitation, SignUpRequest, User
from accounts.sign_ups import _use_invitation, decide_sign_up, store_invitation
from accounts.tests.factories import confirm_address, create_user
from accounts.tests.test_providers import ProviderTestCase
from accounts.tests.test_sign_in import NEW, SignInTestCase
from core.testing import run_tasks
from moderation.groups import MODERATORS
from moderation.services import reinstate_user, suspend_user
from social.services import follow_user

REASON = "I know maria and like <b>birds</b>"
QUEUE = "/admin/accounts/signuprequest/"
INVITATIONS = "/admin/accounts/invitation/"
LINK = re.compile(r"http://localhost:8000(/invitation/[\w-]+)")


def invite(uses: int = 1, days: int = 1) -> str:
    """Return the path of a new invitation's link."""
    ends_at = timezone.now() + timedelta(days)
    token = store_invitation(Invitation(uses_left=uses, ends_at=ends_at))
    return f"/invitation/{token}"


class ModeTestCase(SignInTestCase):
    def sign_up(self, client: Client | None = None, **fields: str) -> object:
        return (client or self.client).post(
            "/account/signup/", NEW | fields, follow=True
        )

    def assert_refused(self, text: str) -> None:
        for response in (self.client.get("/account/signup/"), self.sign_up()):
            self.assertContains(response, text, status_code=403)
        self.assertFalse(User.objects.filter(username=NEW["username"]).exists())


class LinkTests(ModeTestCase):
    def test_the_link_to_sign_up_stands_where_one_can(self) -> None:
        for mode, shown in (
            ("open", True),
            ("approval", True),
            ("invitation", False),
            ("closed", False),
        ):
            with override_settings(SIGNUPS=mode):
                page = self.client.get("/account/login/")
            link = "/account/signup/"
            self.assertEqual(page.content.decode().count(link), 2 * shown, mode)

    def test_who_is_invited_finds_it(self) -> None:
        with override_settings(SIGNUPS="invitation"):
            self.client.get(invite())
            page = self.client.get("/account/login/")
            self.assertContains(page, "/account/signup/", 2)

    def test_the_closed_page_offers_the_login(self) -> None:
        with override_settings(SIGNUPS="closed"):
            page = self.client.get("/account/signup/").content.decode()
        self.assertIn("/account/login/", page.partition("<main")[2])


class ClosedTests(ModeTestCase):
    def test_nobody_signs_up(self) -> None:
        with override_settings(SIGNUPS="closed"):
            self.assert_refused("takes no new members")
            self.client.get(invite())
            self.assert_refused("takes no new members")
            self.user()
            self.log_in()
            self.assertTrue(self.signed_in, "Members still log in.")

    def test_open_asks_for_no_reason(self) -> None:
        self.assertNotContains(self.client.get("/account/signup/"), "reason")
        self.sign_up()
        self.assertTrue(User.objects.get().is_active)


@override_settings(SIGNUPS="invitation")
class InvitationTests(ModeTestCase):
    def test_without_one(self) -> None:
        self.assert_refused("with an invitation only")

    def test_as_often_as_it_may_be_used(self) -> None:
        path = invite(uses=2)
        for number in range(2):
            client = Client()
            response = client.get(path, follow=True)
            self.assertContains(response, 'name="password1"')
            self.sign_up(
                client, username=f"guest{number}", email=f"guest{number}@example.com"
            )
        self.assertEqual(User.objects.filter(is_active=True).count(), 2)
        response = Client().get(path)
        self.assertContains(response, "used as often as it may", status_code=403)

    def test_the_last_use_is_gone_before_the_form_is_sent(self) -> None:
        path, other = invite(), Client()
        self.client.get(path)
        other.get(path)
        self.sign_up(other, username="first", email="first@example.com")
        self.assert_refused("with an invitation only")
        self.assertEqual(User.objects.get().username, "first")

    def test_after_its_end_or_made_up(self) -> None:
        for path in (
            invite(days=-1),
            "/invitation/made-up",
            "/invitation/" + "x" * 300,
        ):
            response = self.client.get(path)
            self.assertContains(response, "has ended", status_code=403)
        self.assert_refused("with an invitation only")

    def test_a_form_that_is_refused_uses_nothing(self) -> None:
        self.client.get(invite())
        self.sign_up(password2="another")
        self.assertEqual(Invitation.objects.get().uses_left, 1)
        self.sign_up()
        self.assertEqual(Invitation.objects.get().uses_left, 0)

    def test_who_has_an_account_needs_none(self) -> None:
        self.client.force_login(self.user())
        response = self.client.get(invite(), follow=True)
        self.assertContains(response, "You have an account already.")

    def test_the_database_has_no_link(self) -> None:
        token = invite().rpartition("/")[2]
        self.assertNotIn(token, str(Invitation.objects.values()))

    def test_its_end_is_within_a_year(self) -> None:
        boss = create_user("boss", is_staff=True, is_superuser=True)
        self.client.force_login(boss)
        for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
            User.objects.update(time_zone=zone)
            for day in ("9999-12-31", "0001-01-01", "2020-01-01", "2200-01-01"):
                form = {"uses_left": "1", "ends_at_0": day, "ends_at_1": "23:59:59"}
                page = self.client.post(f"{INVITATIONS}add/", form)
                self.assertEqual(page.status_code, 200, (zone, day))
                self.assertTrue(page.context["errors"], (zone, day))
        self.assertFalse(Invitation.objects.exists())
        self.assertEqual(self.client.get(INVITATIONS).status_code, 200)

    def test_a_moderator_makes_one_in_the_admin(self) -> None:
        moderator = create_user("mod", is_staff=True)
        moderator.groups.add(Group.objects.get(name=MODERATORS))
        self.client.force_login(moderator)
        ends = timezone.localtime(timezone.now() + timedelta(2))
        form = {
            "note": "The choir",
            "uses_left": "30",
            "ends_at_0": ends.strftime("%Y-%m-%d"),
            "ends_at_1": "12:00:00",
        }
        page = self.client.post(f"{INVITATIONS}add/", form, follow=True)
        path = LINK.search(page.content.decode())
        assert path
        again = self.client.get(INVITATIONS)
        self.assertContains(again, "The choir")
        self.assertNotContains(again, path[1])
        guest = Client()
        self.assertContains(guest.get(path[1], follow=True), 'name="password1"')

    def test_the_last_use_is_taken_while_the_form_is_stored(self) -> None:
        """After the last check, and before it is used."""
        self.client.get(invite())
        table, taken = Invitation._meta.db_table, []

        def take(execute: Callable[..., object], sql: str, *rest: object) -> object:
            if not taken and sql.startswith("UPDATE") and table in sql:
                taken.append(True)
                Invitation.objects.update(uses_left=0)
            return execute(sql, *rest)

        with connection.execute_wrapper(take):
            response = self.sign_up()
        self.assertContains(response, "used as often", status_code=403)
        self.assertFalse(User.objects.filter(username=NEW["username"]).exists())


@override_settings(SIGNUPS="approval")
class ApprovalTests(ModeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.moderator = create_user("mod", is_staff=True)
        self.moderator.groups.add(Group.objects.get(name=MODERATORS))
        confirm_address(self.moderator)
        self.staff = Client()
        self.staff.force_login(self.moderator)

    def sign_up_and_confirm(self) -> User:
        self.sign_up(reason=REASON)
        response = self.client.post(self.link_in_mail(), follow=True)
        self.assertContains(response, "waits for a moderator")
        self.assertFalse(self.signed_in)
        mail.outbox.clear()
        return User.objects.get(username=NEW["username"])

    def decide(self, action: str) -> object:
        (row,) = SignUpRequest.objects.filter(approved=None)
        form = {"action": action, "_selected_action": [row.pk]}
        return self.staff.post(QUEUE, form, follow=True)

    def test_the_invited_need_no_reason(self) -> None:
        ends = timezone.now() + timedelta(days=1)
        token = store_invitation(Invitation(uses_left=1, ends_at=ends))
        self.client.get(f"/invitation/{token}")
        self.assertNotContains(self.client.get("/account/signup/"), 'name="reason"')
        self.sign_up()
        self.assertTrue(User.objects.get(username=NEW["username"]).is_active)

    def test_who_waits_is_not_reinstated(self) -> None:
        user = self.sign_up_and_confirm()
        boss = create_user("owner", is_staff=True, is_superuser=True)
        with self.assertRaises(ValidationError):
            reinstate_user(user=user, by=boss)
        user.refresh_from_db()
        self.assertFalse(user.is_active)

    def test_mails_follow_the_users_language(self) -> None:
        user = self.sign_up_and_confirm()
        User.objects.filter(pk=user.pk).update(browser_language="es")
        self.decide("approve")
        run_tasks()
        self.assertIn("aprobad", mail.outbox[-1].subject)

    def test_a_reason_is_asked_for_and_bounded(self) -> None:
        self.assertContains(self.client.get("/account/signup/"), 'name="reason"')
        for reason in ("", "x" * 501, "a\ufffeb", " \u200b "):
            self.sign_up(reason=reason)
            self.assertFalse(User.objects.filter(username=NEW["username"]).exists())

    def test_nobody_sees_or_logs_in_before_the_approval(self) -> None:
        self.sign_up_and_confirm()
        for login in (NEW["username"], NEW["email"]):
            response = self.log_in(login=login)
            self.assertContains(response, "waits for a moderator")
            self.assertFalse(self.signed_in)
        page = self.staff.get(f"/user/{NEW['username']}")
        self.assertEqual(page.status_code, 404)

    def test_the_queue_shows_the_reason_but_no_address(self) -> None:
        self.sign_up(reason=REASON)
        self.assertNotContains(self.staff.get(QUEUE), NEW["username"])
        self.client.post(self.link_in_mail())
        page = self.staff.get(QUEUE)
        self.assertContains(page, NEW["username"])
        self.assertContains(page, "like &lt;b&gt;birds")
        self.assertNotContains(page, NEW["email"])
        row = SignUpRequest.objects.get()
        self.assertNotContains(self.staff.get(f"{QUEUE}{row.pk}/change/"), NEW["email"])
        reader = Client()
        reader.force_login(create_user("reader"))
        self.assertNotEqual(reader.get(QUEUE).status_code, 200)

    def test_approved(self) -> None:
        self.sign_up_and_confirm()
        self.assertContains(self.decide("approve"), "1 person approved.")
        run_tasks()
        (message,) = mail.outbox
        self.assertEqual(message.to, [NEW["email"]])
        self.assertIn("http://localhost:8000/account/login/", message.body)
        self.log_in(login=NEW["username"])
        self.assertTrue(self.signed_in)
        page = self.staff.get(f"/user/{NEW['username']}")
        self.assertEqual(page.status_code, 200)

    def test_refused_for_good(self) -> None:
        self.sign_up_and_confirm()
        self.assertContains(self.decide("refuse"), "1 person refused.")
        run_tasks()
        self.assertIn("not approved", mail.outbox[0].subject + mail.outbox[0].body)
        response = self.log_in(login=NEW["username"])
        self.assertContains(response, "have not approved this account")
        self.assertFalse(self.signed_in)
        self.sign_up(reason=REASON)
        self.sign_up(reason=REASON, email="again@example.com")
        self.assertEqual(SignUpRequest.objects.count(), 1)
        self.assertContains(self.staff.get(f"{QUEUE}?state=refused"), NEW["username"])

    def told(self) -> list[mail.EmailMessage]:
        """Return the mails to the moderator, after running the worker."""
        run_tasks()
        return [one for one in mail.outbox if one.to == ["mod@example.com"]]

    def wait(self, nickname: str) -> None:
        """Sign up and confirm the address."""
        cache.clear()
        client, address = Client(), f"{nickname}@example.com"
        self.sign_up(client, username=nickname, email=address, reason=REASON)
        client.post(self.link_in_mail())

    def test_moderators_are_notified_at_most_once_a_day(self) -> None:
        self.wait("first")
        (mail_,) = self.told()
        self.assertIn(f"http://localhost:8000{QUEUE}", mail_.body)
        mail.outbox.clear()
        for nickname in ("second", "third"):
            self.wait(nickname)
            self.log_in(login=nickname)
        self.assertEqual(self.told(), [])
        run_tasks(delayed=True)  # a day later
        self.assertEqual(len(self.told()), 1)

    def test_without_a_moderator_who_can_log_in_superusers_are_told(self) -> None:
        confirm_address(create_user("boss", is_staff=True, is_superuser=True))
        self.wait("first")
        self.told()
        to = [address for one in mail.outbox for address in one.to]
        self.assertEqual(to.count("boss@example.com"), 0)
        mail.outbox.clear()
        User.objects.filter(pk=self.moderator.pk).update(is_active=False)
        self.wait("second")
        run_tasks(delayed=True)
        to = [address for one in mail.outbox for address in one.to]
        self.assertEqual(to.count("boss@example.com"), 1)
        self.assertEqual(to.count("mod@example.com"), 0)

    def test_moderators_are_not_notified_of_what_is_decided(self) -> None:
        self.wait("first")
        self.told()
        mail.outbox.clear()
        self.wait("second")
        SignUpRequest.objects.update(approved=True)
        run_tasks(delayed=True)
        self.assertEqual(self.told(), [])

    def test_suspended_users_stay_out_as_before(self) -> None:
        self.user(suspended_at=timezone.now(), is_active=False)
        self.assertContains(self.log_in(), "suspended by the moderators")

    def test_the_invited_need_no_approval(self) -> None:
        self.client.get(invite())
        self.sign_up(reason=REASON)
        self.assertTrue(User.objects.get(username=NEW["username"]).is_active)

    def test_the_first_decision_stays(self) -> None:
        now = timezone.now()
        user = create_user("waits", is_active=False, suspended_at=now)
        request = SignUpRequest.objects.create(user=user, created_at=now)
        refused = decide_sign_up(request=request, approved=False, by=self.moderator)
        approved = decide_sign_up(request=request, approved=True, by=self.moderator)
        self.assertEqual((refused, approved), (True, False))
        user.refresh_from_db()
        request.refresh_from_db()
        self.assertEqual((request.approved, user.is_active), (False, False))

    def test_the_decision_is_about_who_waits_and_nobody_else(self) -> None:
        """However the row came to be about somebody else."""
        waiting = self.sign_up_and_confirm()
        fan = create_user("fan")
        suspended = create_user("suspended")
        follow_user(follower=fan, followed=suspended)
        suspend_user(user=suspended, by=self.moderator)
        run_tasks()
        mail.outbox.clear()
        chief = create_user("chief", is_superuser=True)
        for other in (suspended, chief, fan):
            other.refresh_from_db()
            SignUpRequest.objects.update(user=other)
            EmailAddress.objects.create(user=other, email=other.email, verified=True)
            for action in ("approve", "refuse"):
                page = self.decide(action)
                self.assertContains(page, 'class="error"', msg_prefix=other.username)
            other.refresh_from_db()
            self.assertEqual(other.is_active, other != suspended)
        run_tasks()
        self.assertEqual(mail.outbox, [])
        fan.refresh_from_db()
        self.assertEqual(fan.following_count, 0)
        reinstate_user(user=suspended, by=self.moderator)
        fan.refresh_from_db()
        self.assertEqual(fan.following_count, 1)
        SignUpRequest.objects.update(user=waiting)
        self.assertContains(self.decide("approve"), "1 person approved.")


class ProviderTests(ProviderTestCase):
    """A first login through a provider is a sign-up like any other."""

    def test_closed(self) -> None:
        with override_settings(SIGNUPS="closed"):
            response = self.log_in("1")
        self.assertContains(response, "takes no new members", status_code=403)
        self.assertFalse(User.objects.exists())

    def test_with_an_invitation(self) -> None:
        with override_settings(SIGNUPS="invitation"):
            self.assertEqual(self.log_in("1").status_code, 403)
            path = invite()
            self.client.get(path)
            self.log_in("1")
            self.assertIn("_auth_user_id", self.client.session)
            self.assertEqual(Invitation.objects.get().uses_left, 0)
            self.assertEqual(Client().get(path).status_code, 403)

    def test_waits_for_approval(self) -> None:
        with override_settings(SIGNUPS="approval"):
            response = self.log_in("1")
            self.assertContains(response, "waits for a moderator")
            self.assertNotIn("_auth_user_id", self.client.session)
            self.assertContains(self.log_in("1"), "waits for a moderator")
        self.assertFalse(User.objects.get().is_active)

    def test_an_unconfirmed_sign_up_that_waits_keeps_no_owner_out(self) -> None:
        other = NEW | {"email": "john@example.com", "reason": REASON}
        with override_settings(SIGNUPS="approval"):
            Client().post("/account/signup/", other)
            self.assertEqual(User.objects.get().username, NEW["username"])
            self.assertContains(self.log_in("1"), "waits for a moderator")
        self.assertEqual(User.objects.get().username, "john")


class RaceTests(TransactionTestCase):
    def test_two_take_the_last_use_at_once(self) -> None:
        token = invite(uses=3).rpartition("/")[2]
        results: list[bool] = []

        def take() -> None:
            request = RequestFactory().get("/")
            request.session = {"invitation": token}  # type: ignore[assignment]
            done = False
            while not done:
                # SQLite in memory refuses a second writer at once; a file waits.
                with suppress(OperationalError), transaction.atomic():
                    results.append(_use_invitation(request))
                    done = True
            connection.close()

        threads = [threading.Thread(target=take) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(results), [False] * 3 + [True] * 3)
        self.assertEqual(Invitation.objects.get().uses_left, 0)
