"""The HTTP contract of commit, batches and rollback, and the long way round by a request object."""

from __future__ import annotations

from uuid import uuid4

import pytest

from takeback.rules import keys
from takeback.settings import settings
from takeback.stores import database, files, uploads
from tests.integration.database.calls import Upload, created, function, http, upload
from tests.integration.database.world import Person, World, sale, sales
from tests.integration.s3.conftest import s3  # noqa: F401 - a fixture
from tests.lambda_context import CONTEXT

pytestmark = pytest.mark.usefixtures("s3")


@pytest.fixture
def _everything_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INLINE_ROWS", "2")
    settings.cache_clear()


long = pytest.mark.usefixtures("_everything_is_long")


class TestCommit:
    def test_the_answer_is_the_batch(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1", "2"))

        reply = made.commit()

        assert reply.status == 200
        assert reply.headers["Content-Type"] == "application/json"
        assert reply.body["status"] == "committed"
        assert (reply.body["batch_id"], reply.body["inserted"], reply.body["can_rollback"]) == (str(made.batch_id), 2, True)
        assert reply.body["committed_at"].endswith("Z")
        assert made.read().body == reply.body
        assert world.live(owner, "ebay_order_id") == [("1",), ("2",)]

    def test_the_mapping_is_remembered(self, owner: Person) -> None:
        upload(owner, sales("1")).commit()
        assert uploads.recall(owner.user_id, "f" * 32) == {"column_mapping": {"Order number": "ebay_order_id"}, "options": {}}

    def test_a_dry_run_is_not_remembered_and_leaves_nothing(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1"))
        reply = made.commit(dry_run=True)

        assert (reply.status, reply.body["dry_run"], reply.body["inserted"]) == (200, True, 1)
        assert world.all_rows() == []
        assert uploads.recall(owner.user_id, "f" * 32) is None
        assert made.read().status == 404

    def test_committing_again_is_answered_even_after_the_preview_is_swept(self, owner: Person) -> None:
        made = upload(owner, sales("1"))
        first = made.commit()
        files.delete_batch(owner.user_id, made.batch_id)

        assert made.commit().body == first.body

    @pytest.mark.parametrize("state", ["needs_attention", "unreadable"])
    def test_a_preview_that_is_not_ready_is_not_committed(self, world: World, owner: Person, state: str) -> None:
        reply = upload(owner, sales("1"), state=state, invalid_rows=1).commit()

        assert (reply.status, reply.code) == (409, "not_ready")
        assert world.all_rows() == []

    def test_existing_orders_are_listed(self, owner: Person) -> None:
        upload(owner, sales("1")).commit()
        reply = upload(owner, sales("1", "2")).commit()

        assert (reply.status, reply.code) == (409, "existing_records")
        assert reply.body["existing_count"] == 1
        assert reply.body["existing"][0]["identity"] == "1"

    def test_unknown_batch_or_revision_or_somebody_elses_is_not_found(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1"))
        colleague = world.person("member", of=owner)
        for reply in (
            made.commit(batch_id=uuid4()),
            made.commit(revision="0" * 32),
            made.commit(revision="../../x"),
            made.commit(person=colleague),
            made.commit(person=world.person()),
        ):
            assert (reply.status, reply.code) == (404, "not_found")
        made.commit()
        assert made.commit(person=colleague).status == 404
        assert made.commit(revision="0" * 32).status == 404

    def test_a_viewer_is_refused_before_anything_else(self, world: World, owner: Person) -> None:
        viewer = world.person("viewer", of=owner)
        assert upload(viewer, sales("1")).commit().code == "forbidden"
        assert upload(owner, sales("1")).commit(person=viewer).status == 403

    def test_an_account_of_others_is_forbidden(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1"))
        for account_id in (world.person().account_id, uuid4()):
            reply = made.commit(account_id=account_id)
            assert (reply.status, reply.code) == (403, "forbidden")
        assert world.all_rows() == []

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ("{", 400),
            ("[]", 422),
            ("null", 422),
            ('{"batch_id": "x", "revision": "x", "account_id": "x"}', 422),
            ({"batch_id": str(uuid4()), "revision": "x"}, 422),
            ({"batch_id": str(uuid4()), "revision": "x", "account_id": str(uuid4()), "on_existing": "replace"}, 422),
            ({"batch_id": str(uuid4()), "revision": "x", "account_id": str(uuid4()), "dry_run": "yes"}, 422),
            ({"batch_id": str(uuid4()), "revision": "x", "account_id": str(uuid4()), "more": 1}, 422),
        ],
    )
    def test_a_body_that_is_not_as_described_is_refused(self, owner: Person, body: object, status: int) -> None:
        reply = http("commit", "POST", "/import/records/commit", owner.user_id, body)
        assert reply.status == status
        assert reply.code in {"bad_request", "invalid_request"}

    def test_rows_that_were_deleted_after_the_preview_are_told(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1"))
        key = keys.of_batch("rows", owner.user_id, made.batch_id, made.revision)
        for version in files.client().list_object_versions(Bucket=settings().bucket, Prefix=key)["Versions"]:
            files.client().delete_object(Bucket=settings().bucket, Key=key, VersionId=version["VersionId"])

        assert made.commit().status == 404
        assert world.all_rows() == []

    def test_rows_that_were_replaced_after_the_preview_are_not_what_is_committed(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1"))
        key = keys.of_batch("rows", owner.user_id, made.batch_id, made.revision)
        files.client().put_object(Bucket=settings().bucket, Key=key, Body=b"not what was previewed\n")

        assert made.commit().status == 200
        assert world.live(owner, "ebay_order_id") == [("1",)]


class TestRollback:
    def test_the_answer_is_the_batch_and_the_body_is_optional(self, world: World, owner: Person) -> None:
        for body in (None, {}, {"force": False}):
            made = upload(owner, sales("1"))
            made.commit()
            reply = made.roll_back(body=body)
            assert (reply.status, reply.body["status"], reply.body["deleted"]) == (200, "rolled_back", 1)
            assert made.roll_back(body={"force": True}).body == reply.body
        assert world.live(owner) == []

    def test_edited_rows_need_a_word(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1"))
        made.commit()
        world.edit(owner, "1", qty=2)

        reply = made.roll_back()
        assert (reply.status, reply.code) == (409, "records_modified")
        assert (reply.body["modified_count"], reply.body["requires_confirmation"]) == (1, True)
        foreseen = made.roll_back(body={"dry_run": True})
        assert foreseen.status == 200
        assert foreseen.body["would_undo"]["lost"] == 1
        assert made.roll_back(body={"keep_modified": True}).body["kept"] == 1

    @pytest.mark.parametrize("body", ["{", '"x"', {"force": True, "keep_modified": True}, {"force": 1}, {"forced": True}])
    def test_a_body_that_is_not_as_described_is_refused(self, world: World, owner: Person, body: object) -> None:
        made = upload(owner, sales("1"))
        made.commit()
        assert made.roll_back(body=body).status == (400 if body == "{" else 422)
        assert len(world.live(owner)) == 1

    def test_viewers_are_refused_and_strangers_find_nothing(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1"))
        made.commit()
        viewer, stranger = world.person("viewer", of=owner), world.person()
        for path in ("rollback", "disable-rollback"):
            address = f"/import/batches/{made.batch_id}/{path}"
            assert http("rollback", "POST", address, viewer.user_id, {}).code == "forbidden"
            assert http("rollback", "POST", address, stranger.user_id, {}).code == "not_found"
        assert http("rollback", "POST", "/import/batches/x/rollback", owner.user_id, {}).status == 422

    def test_an_undo_that_was_given_up_is_refused(self, owner: Person) -> None:
        made = upload(owner, sales("1"))
        made.commit()
        reply = http("rollback", "POST", f"/import/batches/{made.batch_id}/disable-rollback", owner.user_id)
        assert (reply.status, reply.body["can_rollback"]) == (200, False)
        assert made.roll_back().code == "rollback_disabled"


class TestBatches:
    def test_lists_pages_and_filters(self, owner: Person) -> None:
        made = [upload(owner, sales(str(number))) for number in range(3)]
        for one in made:
            one.commit()
        first = http("batches", "GET", "/import/batches", owner.user_id, limit=2)
        second = http("batches", "GET", "/import/batches", owner.user_id, limit=2, cursor=first.body["next_cursor"])

        assert [batch["batch_id"] for batch in first.body["items"] + second.body["items"]] == [str(one.batch_id) for one in made[::-1]]
        assert second.body["next_cursor"] is None
        assert http("batches", "GET", "/import/batches", owner.user_id, status="rolled_back").body["items"] == []
        assert len(http("batches", "GET", "/import/batches", owner.user_id, account_id=owner.account_id).body["items"]) == 3

    @pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"status": "gone"}, {"account_id": "x"}, {"cursor": "x"}])
    def test_a_question_that_is_not_as_described_is_refused(self, owner: Person, query: dict[str, object]) -> None:
        assert http("batches", "GET", "/import/batches", owner.user_id, **query).status == 422

    def test_accounts(self, owner: Person) -> None:
        reply = http("batches", "GET", "/import/accounts", owner.user_id)
        assert reply.body == {"items": [{"account_id": str(owner.account_id), "name": "Main", "role": "owner"}]}

    def test_records_events_and_manifest(self, world: World, owner: Person) -> None:
        made = upload(owner, [sale("1", item_name="Lens")])
        made.commit()

        (record,) = made.read("/records").body["items"]
        assert (record["fate"], record["edited"], record["data"]["item_name"]) == ("inserted", False, "Lens")
        assert [event["action"] for event in made.read("/events").body["items"]] == ["created", "committed"]
        manifest = made.read("/manifest")
        assert manifest.body["batch"]["batch_id"] == str(made.batch_id)
        assert f"import-{made.batch_id}.json" in manifest.headers["Content-Disposition"]
        stranger = world.person()
        for what in ("", "/records", "/events", "/manifest"):
            assert made.read(what, person=stranger).status == 404


@long
class TestLongWork:
    def test_a_long_commit_is_accepted_and_done_from_its_request_object(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1", "2", "3"))

        accepted = made.commit()

        assert (accepted.status, accepted.body["status"], accepted.body["row_count"]) == (202, "committing", 3)
        assert accepted.body["progress"] == {"phase": "waiting", "rows": 0}
        assert world.all_rows() == []
        made.deliver()
        done = made.read()
        assert (done.body["status"], done.body["inserted"], done.body["problem"]) == ("committed", 3, None)
        assert made.commit().body == done.body
        assert len(world.live(owner)) == 3
        assert uploads.recall(owner.user_id, "f" * 32) is not None

    def test_asking_again_while_it_waits_starts_the_same_job(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1", "2", "3"))
        replies = [made.commit() for _ in range(3)]

        assert {reply.status for reply in replies} == {202}
        assert world.trail_of(made.batch_id) == ["created", "commit_accepted"]
        for _ in range(3):
            made.deliver()
        assert len(world.all_rows()) == 3
        assert world.trail_of(made.batch_id) == ["created", "commit_accepted", "committed"]

    def test_a_long_commit_that_cannot_be_done_fails_with_its_problem_and_can_be_asked_for_again(self, world: World, owner: Person) -> None:
        world.commit(owner, sales("2"))
        made = upload(owner, sales("1", "2", "3"))
        made.commit()
        (stale,) = made.request_keys()
        created("commit", stale)

        failed = made.read().body
        assert (failed["status"], failed["problem"]["code"], failed["problem"]["existing_count"]) == ("failed", "existing_records", 1)
        assert len(world.live(owner)) == 1
        old_job = files.read(stale)
        assert made.commit(on_existing="skip").status == 202
        waiting = files.read(stale)
        files.write_json(stale, old_job)
        created("commit", stale)  # a week-old event of the first attempt
        assert made.read().body["status"] == "committing"
        files.write_json(stale, waiting)
        created("commit", stale)
        done = made.read().body
        assert (done["status"], done["inserted"], done["skipped"], done["problem"]) == ("committed", 2, 1, None)

    def test_a_lost_job_is_freed_by_the_schedule_and_its_late_event_does_nothing(self, world: World, owner: Person) -> None:
        made = upload(owner, sales("1", "2", "3"))
        made.commit()
        world.tidy()
        assert made.read().body["status"] == "committing"
        world.database.sql.execute("update import_batches set job_at = job_at - interval '2 hours'")

        assert world.tidy()["freed"] == 1

        freed = made.read().body
        assert (freed["status"], freed["problem"]["code"]) == ("failed", "job_lost")
        made.deliver()
        assert world.all_rows() == []
        assert made.commit().status == 202
        made.deliver()
        assert made.read().body["status"] == "committed"

    def test_a_dry_run_of_a_long_file_counts_at_once(self, world: World, owner: Person) -> None:
        world.commit(owner, sales("2"))
        reply = upload(owner, sales("1", "2", "3")).commit(dry_run=True, on_existing="update")
        assert (reply.status, reply.body["inserted"], reply.body["updated"]) == (200, 2, 1)
        assert len(world.all_rows()) == 1

    def test_a_long_rollback_is_accepted_and_done_from_its_request_object(self, world: World, owner: Person) -> None:
        made = self._committed(owner)

        accepted = made.roll_back()

        assert (accepted.status, accepted.body["status"]) == (202, "rolling_back")
        assert made.roll_back().status == 202
        assert len(world.live(owner)) == 3
        made.deliver("rollbacks")
        done = made.read().body
        assert (done["status"], done["deleted"]) == ("rolled_back", 3)
        made.deliver("rollbacks")
        assert made.roll_back().body == done
        assert world.trail_of(made.batch_id)[-2:] == ["rollback_accepted", "rolled_back"]

    def test_what_stands_in_the_way_of_a_long_rollback_is_told_at_once(self, world: World, owner: Person) -> None:
        made = self._committed(owner)
        world.edit(owner, "1", qty=2)
        assert made.roll_back().code == "records_modified"
        assert made.read().body["status"] == "committed"

    def test_an_edit_after_a_long_rollback_was_accepted_stops_it(self, world: World, owner: Person) -> None:
        made = self._committed(owner)
        made.roll_back()
        world.edit(owner, "1", qty=2)
        made.deliver("rollbacks")

        stopped = made.read().body
        assert (stopped["status"], stopped["problem"]["code"], stopped["can_rollback"]) == ("committed", "records_modified", True)
        assert len(world.live(owner)) == 3
        assert made.roll_back(body={"force": True}).status == 202
        made.deliver("rollbacks")
        assert made.read().body["deleted"] == 3

    def test_a_long_rollback_that_was_accepted_in_time_is_carried_out_afterwards(self, world: World, owner: Person) -> None:
        made = self._committed(owner)
        made.roll_back()
        world.database.sql.execute("update import_batches set rollback_until = clock_timestamp()")
        world.tidy()
        made.deliver("rollbacks")
        assert made.read().body["status"] == "rolled_back"

    def test_a_lost_rollback_is_freed_and_the_batch_is_as_it_was(self, world: World, owner: Person) -> None:
        made = self._committed(owner)
        made.roll_back()
        world.database.sql.execute("update import_batches set job_at = job_at - interval '2 hours'")
        assert world.tidy()["freed"] == 1

        freed = made.read().body
        assert (freed["status"], freed["problem"]["code"]) == ("committed", "job_lost")
        made.deliver("rollbacks")
        assert len(world.live(owner)) == 3

    def test_events_of_others_objects_and_of_swept_ones_are_ignored(self, owner: Person) -> None:
        created("commit", f"commits/{owner.user_id}/{uuid4()}/{'0' * 32}.json")
        created("commit", "something else")
        created("rollback", f"rollbacks/{owner.user_id}/{uuid4()}/{uuid4()}.json")

    def test_a_job_whose_preview_was_swept_fails(self, owner: Person) -> None:
        made = upload(owner, sales("1", "2", "3"))
        made.commit()
        (key,) = made.request_keys()
        job = files.read(key)
        files.delete_batch(owner.user_id, made.batch_id)
        files.write_json(key, job)
        created("commit", key)
        assert made.read().body["problem"]["code"] == "not_found"

    def test_a_batch_that_failed_stays_in_its_org(self, world: World, owner: Person) -> None:
        world.commit(owner, sales("2"))
        made = upload(owner, sales("1", "2", "3"))
        made.commit()
        made.deliver()
        elsewhere = world.person()
        world.database.sql.execute("select add_member(%s, %s, 'owner')", [owner.user_id, elsewhere.org_id])

        assert made.commit(account_id=elsewhere.account_id).code == "already_committed"
        second = world.account(owner)
        assert made.commit(account_id=second.account_id).status == 202
        made.deliver()
        assert made.read().body["account_id"] == str(second.account_id)

    def test_a_row_that_the_database_refuses_fails_the_job_at_once(self, owner: Person) -> None:
        made = upload(owner, [sale("1"), sale("2"), sale("3", status="LOST")])
        made.commit()
        made.deliver()
        assert made.read().body["problem"]["code"] == "rows_refused"

    def _committed(self, owner: Person) -> Upload:
        made = upload(owner, sales("1", "2", "3"))
        made.commit()
        made.deliver()
        return made


def test_expire_rollbacks_tells_what_it_did(world: World, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    world.commit(owner, sales("1"))
    world.database.sql.execute("update import_batches set rollback_until = clock_timestamp()")
    monkeypatch.setenv("PGUSER", "takeback_expiry")
    database.close()

    assert function("expire_rollbacks").handler({}, CONTEXT) == {"ended": 0, "freed": 0, "expired": 1}
