"""As much of the hub as a push and a pull need, over real HTTP: repositories are dicts in memory."""

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

SHA = "a" * 40


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, value, status=200, **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(text))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def allowed(self):
        if self.headers.get("Authorization") == "Bearer good":
            return True
        self.answer({"error": "Invalid credentials"}, 401)
        return False

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, repos = unquote(urlsplit(self.path).path), self.server.repos
        if not self.allowed():
            return None
        self.server.asked.append(path)
        if path == "/api/validate-yaml":  # of a card
            return self.answer({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            said = json.loads(body)
            name = f"{said['organization']}/{said['name']}"
            key = f"{said.get('type') or 'model'}s/{name}"
            if key in repos:
                return self.answer({"error": "exists", "url": f"{self.server.address}/{name}"}, 409)
            private = said.get("visibility") == "private" or said.get("private") is True
            repos[key] = {"private": private, "files": {}}
            return self.answer({"url": f"{self.server.address}/{name}"})
        key, _, rest = path.removeprefix("/api/").partition("/preupload/")
        if rest:
            files = [
                {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                for one in json.loads(body)["files"]
            ]
            return self.answer({"files": files})
        key, _, rest = path.removeprefix("/api/").partition("/commit/")
        if rest:
            for line in map(json.loads, body.splitlines()):
                value = line["value"]
                if line["key"] == "file":
                    repos[key]["files"][value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "deletedFile":
                    del repos[key]["files"][value["path"]]
            return self.answer({"commitUrl": f"{self.server.address}/{key}/commit/{SHA}", "commitOid": SHA})
        return self.answer({"error": path}, 404)

    def do_GET(self):
        path, repos = unquote(urlsplit(self.path).path), self.server.repos
        if not self.allowed():
            return None
        if path.startswith("/api/"):
            key, _, tree = path.removeprefix("/api/").partition("/tree/")
            key = key.partition("/revision/")[0]
            if key not in repos:
                return self.answer({"error": "not found"}, 404, X_Error_Code="RepoNotFound")
            files = repos[key]["files"]
            if tree:
                listed = [
                    {"type": "file", "path": name, "size": len(data), "oid": _oid(data)}
                    for name, data in files.items()
                ]
                return self.answer(listed)
            told = {"id": key.split("/", 1)[1], "sha": SHA, "private": repos[key]["private"]}
            return self.answer(told | {"siblings": [{"rfilename": name} for name in files]})
        key, _, rest = path.strip("/").partition("/resolve/")
        key = key if key.startswith("datasets/") else f"models/{key}"
        data = repos[key]["files"].get(rest.split("/", 1)[1])
        if data is None:
            return self.answer({"error": "no such file"}, 404, X_Error_Code="EntryNotFound")
        return self.answer(data, ETag=f'"{_oid(data)}"', X_Repo_Commit=SHA)

    do_HEAD = do_GET


def _oid(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@contextmanager
def local_hub():
    """A server; `repos` is what it holds, `asked` the paths that were posted to."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.daemon_threads = True
    server.repos, server.asked = {}, []
    server.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
