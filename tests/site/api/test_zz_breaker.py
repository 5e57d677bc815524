import hashlib, json
from typing import Any
import pytest
from django.core.files.base import ContentFile
from podium import files
from podium.challenges.models import Feedback, Task
from podium.catalog.models import Access
from podium.standings.actions import refresh
from podium.standings.feedback import silence
from podium.submissions import selection
from podium.submissions.actions import Refused
from podium.submissions.models import *
from podium.teams import merging
from podium.teams.actions import accept_rules
from tests.site import factories
from .callers import Caller, problem
from .conftest import As, World
from .test_answers import TASK, CSV, _form, entrant

def show(label, a):
    body = a.getvalue()[:300]
    print("##", label, a.status_code, body)

def test_probe(world, alice, bob, charlie, calls, entrant, settings):
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    entrant.client.raise_request_exception = False
    big = 10**30
    show("remove big", entrant.call("DELETE", f"challenges/cup/team/members/{big}"))
    show("captain big", entrant.post("challenges/cup/team/captain", {"user": big}))
    show("captain inf", entrant.call("POST", "challenges/cup/team/captain", b'{"user": 1e999}', Content_Type="application/json"))
    show("captain nanlike", entrant.call("POST", "challenges/cup/team/captain", b'{"user": -1e999}', Content_Type="application/json"))
    show("captain 1e30", entrant.call("POST", "challenges/cup/team/captain", b'{"user": 1e30}', Content_Type="application/json"))
    show("submission big", entrant.get(f"submissions/{big}"))
    show("compare big", entrant.get(f"submissions/{world.later.pk}/compare/{big}"))
    show("invitation big", entrant.call("DELETE", f"challenges/cup/team/invitations/{big}"))
    show("uploads bytes inf", entrant.call("POST", f"{TASK}/uploads", b'{"name":"x.csv","bytes":1e999,"sha256":"' + b"a"*64 + b'"}', Content_Type="application/json"))
    show("query million", entrant.get("challenges?" + "&".join(f"a{i}=1" for i in range(2000))))
    show("deep", entrant.call("POST", "challenges/cup/team", b"["*100000, Content_Type="application/json"))
    show("deep2", entrant.call("POST", "challenges/cup/team", b"["*900+b"]"*900, Content_Type="application/json"))
    show("bigint", entrant.call("POST", "challenges/cup/team/captain", b'{"user": ' + b"1"*5000 + b"}", Content_Type="application/json"))
    show("file nul", entrant.get(f"{TASK}/files/a%00b"))
    show("compare nul", entrant.get("challenges/cup/compare?a=alpha%00&b=x"))
    show("name ctl", entrant.post(f"{TASK}/uploads", {"name": "a\r\nX: y.csv", "bytes": 3, "sha256": "a"*64}))
    a = entrant.send(f"{TASK}/submissions", {"file": ContentFile(CSV, 'x"\r\nSet-Cookie: a=b;.csv')})
    show("inject name", a)
    if a.status_code == 201:
        f = entrant.get(f"submissions/{a.json()['id']}/file"); print(dict(f.headers)); f.getvalue()
    show("method ctl", entrant.send(f"{TASK}/submissions", _form(method="a\x1b[31mb\u202e")))
    show("offset neg", entrant.call("PATCH", f"uploads/{factories.make_partial(world.task, alice).pk}", b"x", Upload_Offset="-1"))
    show("limit big", entrant.get(f"{TASK}/submissions?limit=1&offset=10000000"))
    show("at", entrant.get(f"{TASK}/board?at=9999-12-31T23:59:59-23:59"))
    show("at", entrant.get(f"{TASK}/board?at=0001-01-01T00:00:00%2B14:00"))
    show("at", entrant.get(f"{TASK}/board?at=2026-11-20T12:00:00.123456789Z"))

def test_replay_upload(world, alice, entrant):
    wanted = {"name": "x.csv", "bytes": len(CSV), "sha256": hashlib.sha256(CSV).hexdigest()}
    made = entrant.post(f"{TASK}/uploads", wanted).json()
    entrant.call("PATCH", f"uploads/{made['id']}", CSV, Upload_Offset="0")
    one = entrant.post(f"{TASK}/submissions", {"upload": made["id"]}, Idempotency_Key="k")
    two = entrant.post(f"{TASK}/submissions", {"upload": made["id"]}, Idempotency_Key="k")
    show("one", one); show("two", two)

def test_select_stale(world, alice, charlie):
    task, team = world.task, world.team
    def scored(t, v):
        s = factories.make_submission(t, task); factories.make_evaluation(s, public=v, private=v); return s
    beta = factories.make_team(task.challenge, "Beta", charlie)
    a1, a2 = scored(team, .7), scored(team, .8)
    b1 = scored(beta, .75)
    refresh(task, team); refresh(task, beta)
    selection.select(submission=a1, by=alice); selection.select(submission=a2, by=alice)
    stale = Submission.objects.select_related("team", "task__challenge").get(pk=b1.pk)
    p = merging.propose(team=team, other=beta, by=alice)
    merging.accept(proposal=p, by=charlie)
    try:
        selection.select(submission=stale, by=charlie)
    except Refused as e:
        print("## refused", e.code)
    print("## selected", Submission.objects.filter(team=team, task=task, selected_at__isnull=False).count())

def test_ladder_merge(world, alice, charlie):
    task, team = world.task, world.team
    Task.objects.filter(pk=task.pk).update(feedback=Feedback.LADDER, step="0.01")
    task = Task.objects.get(pk=task.pk)
    Submission.objects.filter(pk=world.later.pk).delete()
    beta = factories.make_team(task.challenge, "Beta", charlie)
    def scored(t, v):
        s = factories.make_submission(t, task); return factories.make_evaluation(s, public=v, private=v)
    y = scored(beta, .90); x1 = scored(team, .91); x2 = scored(team, .95)
    print("## before", [silence(task, e)[:20] for e in (y, x1, x2)])
    p = merging.propose(team=team, other=beta, by=alice); merging.accept(proposal=p, by=charlie)
    es = [Evaluation.objects.select_related("submission").get(pk=e.pk) for e in (y, x1, x2)]
    print("## after", [silence(Task.objects.get(pk=task.pk), e)[:20] for e in es])

@pytest.mark.parametrize("access", list(Access.values))
def test_restricted(world, alice, charlie, calls, access, as_user):
    v = world.task.dataset_version
    v.access = access; v.save()
    anon = Caller("")
    a = anon.get(TASK).json()
    print("##", access, a["files"], a["classes"], a["dataset"]["must_accept_licence"])
    show("file", anon.get(f"{TASK}/files/train.csv"))
    c = calls(charlie)
    show("file charlie", c.get(f"{TASK}/files/train.csv"))
    show("lic charlie", c.post(f"{TASK}/licence", {}))
    show("file charlie2", c.get(f"{TASK}/files/train.csv"))
    page = as_user(None).get("/c/cup/tasks/matching-task/").content.decode()
    print("## page names train.csv:", "train.csv" in page, "sha" , "a"*12 in page)
