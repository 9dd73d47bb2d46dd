"""People of the server: who makes them, how they sign in, go on, and are kept out."""

from pos.domain.permissions import Role
from tests.server.rig import PASSWORD, Server

NEW = {"username": "aline", "full_name": "Aline Uwase", "role": "C", "password": PASSWORD}


def test_create_user_by_an_administrator_makes_somebody_who_can_sign_in(server: Server) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation())

    answer = boss.post("/users/", json=NEW)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["username"] == "aline"
    assert "password" not in answer.text
    assert answer.headers["Location"] == f"/v1/users/{made['id']}"
    token = server.sign_in("aline").json()["access_token"]
    me = server.client.get("/users/me/", headers={"Authorization": f"Bearer {token}"}).json()
    assert me["id"] == made["id"]
    assert "sale.create" in me["permissions"]
