"""Background tasks in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_tasks import TaskResultStatus
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult

from core.tasks import make_ready

admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin):
    """Background tasks; those that failed can be run again."""

    list_display = (  # type: ignore[assignment]
        "task_path",
        "status",
        "attempts",
        "enqueued_at",
        "finished_at",
    )
    list_filter = ("status",)  # type: ignore[assignment]
    actions = ("run_again",)
    show_full_result_count = False

    @admin.display(description=_("attempts"))
    def attempts(self, task: DBTaskResult) -> int:
        """Return how often a worker has started it."""
        return len(task.worker_ids)

    def get_fields(
        self, request: HttpRequest, obj: DBTaskResult | None = None
    ) -> list[Any]:
        """Hide the arguments, which may contain a link that resets a password."""
        fields: list[Any] = super().get_fields(request, obj)
        return [name for name in fields if name != "args_kwargs"]

    def has_run_again_permission(self, request: HttpRequest) -> bool:
        """Allow superusers only."""
        return bool(request.user.is_superuser)

    @admin.action(
        description=_("Try the selected tasks again"), permissions=["run_again"]
    )
    def run_again(self, request: HttpRequest, queryset: QuerySet[DBTaskResult]) -> None:
        """Make failed tasks ready again."""
        failed = list(queryset.filter(status=TaskResultStatus.FAILED))
        for task in failed:
            task.worker_ids = []
            task.save(update_fields=["worker_ids"])
            make_ready(task)
            self.log_change(request, task, [{"changed": {"fields": ["status"]}}])
        text = ngettext(
            "%(count)d task will be tried again.",
            "%(count)d tasks will be tried again.",
            len(failed),
        )
        self.message_user(request, text % {"count": len(failed)}, messages.SUCCESS)
