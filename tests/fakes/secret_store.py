"""A secret store in memory, and a key store such as an operating system might have, on good and bad days."""

from pos.system.secret_names import check_name
from pos.tokens.secret import Secret


class MemorySecretStore:
    """Passes the contract of `tests/unit/system/test_secrets.py`; forgets everything with the process."""

    def __init__(self) -> None:
        self._contents: dict[str, Secret] = {}

    @property
    def describes_itself(self) -> str:
        return "memory of this test"

    def get(self, name: str) -> Secret | None:
        check_name(name)
        return self._contents.get(name)

    def set(self, name: str, value: Secret) -> None:
        check_name(name)
        self._contents[name] = value

    def delete(self, name: str) -> None:
        check_name(name)
        self._contents.pop(name, None)


class LockedError(Exception):
    """What a key store's own library might raise."""


class MemoryKeyring:
    """The face of a `keyring` back end. `is_locked`: every call fails; `is_forgetful`: nothing set stays."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.is_locked = False
        self.is_forgetful = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.texts.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        if not self.is_forgetful:
            self.texts[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.texts[service, username]

    def _check(self) -> None:
        if self.is_locked:
            raise LockedError
