"""What `make build` leaves for Lambda: the right wheels, byte code, and no more than may be unpacked."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
from pathlib import Path

import boto3
import pytest

from layers import build, compile_loops

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam" / "build"
LAYERS = ("RuntimeLayer", "TabularLayer", "SharedLayer", "WebLayer")
_UNCHECKED_HASH = 1  # PEP 552: by hash, and the hash is not looked at
_MAGIC_OF_313 = (3571).to_bytes(2, "little") + b"\r\n"


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==([^ \n]+)", lock.read_text()))


@pytest.fixture(scope="module")
def built() -> Path:
    """The output of `make build`; what it says when it fails is the reason."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTEST"))}
    said = subprocess.run(["make", "build"], cwd=ROOT, check=False, capture_output=True, text=True, env=environment)
    assert said.returncode == 0, said.stdout[-3000:] + said.stderr[-3000:]
    return BUILT


@pytest.mark.parametrize("layer", ["runtime", "tabular"])
def test_the_layers_hold_what_the_tests_ran_with(layer: str) -> None:
    tested, shipped = _pins(ROOT / "requirements-dev.txt"), _pins(ROOT / "layers" / layer / "requirements.txt")

    assert shipped
    assert {name: version for name, version in shipped.items() if tested.get(name) != version} == {}
    assert "--hash=sha256:" in (ROOT / "layers" / layer / "requirements.txt").read_text()


def test_what_the_tabular_layer_leaves_out_is_in_the_other() -> None:
    assert {"python-dateutil", "six"} <= set(_pins(ROOT / "layers" / "runtime" / "requirements.txt"))


def test_lambda_brings_boto3_along() -> None:
    assert not {"boto3", "botocore", "s3transfer"} & set(_pins(ROOT / "layers" / "runtime" / "requirements.txt"))


def test_every_wheel_fits_python_313_on_arm64(built: Path) -> None:
    for layer in ("RuntimeLayer", "TabularLayer"):
        wheels = list((built / layer / "python").glob("*.dist-info/WHEEL"))
        assert wheels
        for wheel in wheels:
            tags = re.findall(r"(?m)^Tag: (.+)$", wheel.read_text())
            fitting = [tag for tag in tags if re.fullmatch(r"(cp313-cp313|cp3\d+-abi3)-manylinux\w*_aarch64|(py2\.)?py[23]-none-any", tag)]
            assert fitting, (wheel.parent.name, tags)


def test_every_shared_object_is_for_arm64(built: Path) -> None:
    machines = {path: path.read_bytes()[:20] for layer in LAYERS for path in (built / layer).rglob("*.so*")}

    assert machines
    assert {path.name for path, head in machines.items() if head[:4] != b"\x7fELF" or head[18:20] != b"\xb7\x00"} == set()


def test_the_compiled_loops_need_no_more_than_lambda_has(built: Path) -> None:
    extension = (built / "SharedLayer" / "python" / "takeback" / "tabular" / "loops" / "compiled.abi3.so").read_bytes()
    glibc = {tuple(map(int, version.split(b"."))) for version in re.findall(rb"\0GLIBC_([\d.]+)", extension)}

    assert glibc
    assert max(glibc) <= (2, 34)
    assert set(re.findall(rb"\0(lib[\w.-]+\.so[\d.]*)", extension)) <= {b"libc.so.6", b"libm.so.6"}
    assert b"\0.dynsym\0" in extension
    assert b"\0.symtab\0" not in extension  # a name for every function, which nobody reads there
    assert len(extension) < 1_000_000


def test_all_layers_together_stay_below_130_mb(built: Path) -> None:
    total = sum(path.stat().st_size for layer in LAYERS for path in (built / layer).rglob("*") if path.is_file())

    assert total < 130_000_000, total


def test_nothing_is_shipped_that_no_import_reads(built: Path) -> None:
    files = [path for layer in LAYERS for path in (built / layer).rglob("*")]

    assert not [path for path in files if path.is_dir() and path.name in {"tests", "include"}]
    assert not [path for path in files if path.suffix in {".pyi", ".h", ".pyx", ".pxd"}]
    assert not [path for path in files if path.name == "Makefile"]


def test_every_source_has_byte_code_that_lambda_takes_without_looking(built: Path) -> None:
    if build._target_python() is None:
        pytest.fail("This machine has no Python 3.13, so the layers were built without byte code. Name one in PYTHON313, or install it.")
    for layer in ("RuntimeLayer", "TabularLayer", "SharedLayer"):
        sources = list((built / layer).rglob("*.py"))
        assert sources
        for source in sources:
            code = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
            head = code.read_bytes()[:8]
            assert (head[:4], head[4]) == (_MAGIC_OF_313, _UNCHECKED_HASH), code


def test_our_code_arrives_whole(built: Path) -> None:
    shipped = built / "SharedLayer" / "python" / "takeback"
    ours = ROOT / "shared" / "takeback"
    expected = {path.relative_to(ours) for path in ours.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    expected.remove(compile_loops.STAMP.relative_to(ours))

    assert {path.relative_to(shipped) for path in shipped.rglob("*") if path.is_file() and "__pycache__" not in path.parts} == expected
    assert any(path.suffix == ".sql" for path in expected)


def test_the_page_lies_where_web_root_says(built: Path) -> None:
    assert (built / "WebLayer" / "web" / "index.html").is_file()
    assert (built / "WebLayer" / "web" / "assets").is_dir()


def test_the_certificates_of_the_database_are_shipped_and_valid(built: Path) -> None:
    context = ssl.create_default_context(cafile=str(built / "SharedLayer" / "rds-ca.pem"))

    assert context.cert_store_stats() == {"x509": 81, "crl": 0, "x509_ca": 81}
    last_days = [str(certificate["notAfter"]) for certificate in context.get_ca_certs()]
    assert min(day.split()[3] for day in last_days) >= "2061"


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_browser_is_given_an_address_in_the_buckets_own_region(built: Path, monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(built / "SharedLayer" / "aws.config"))
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    client = boto3.Session("key", "secret", "token", region_name=region).client("s3")

    form = client.generate_presigned_post("takeback-1", "uploads/u/b/f.csv", ExpiresIn=60)
    url = client.generate_presigned_url("get_object", Params={"Bucket": "takeback-1", "Key": "errors/u/b/r.csv"})

    host = f"https://takeback-1.s3.{region}.amazonaws.com/"
    assert form["url"] == host
    assert url.startswith(f"{host}errors/u/b/r.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256")


def test_the_page_may_talk_to_just_that_address(functions: dict[str, dict[str, dict[str, dict[str, str]]]]) -> None:
    variables = functions["Page"]["Environment"]["Variables"]
    bucket, issuer, domain = variables["CONNECT_SOURCES"].split()

    assert bucket == f"https://{variables['BUCKET']}.s3.eu-central-1.amazonaws.com"
    assert variables["OIDC_ISSUER"].startswith(issuer + "/")
    assert domain == "https://<UserPoolDomain>.auth.eu-central-1.amazoncognito.com"
