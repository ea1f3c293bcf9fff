from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.post_policy import Refusal, Secret
from local.signed_url import check_url

# The published example of Amazon's documentation, with its published signature.
SECRET = Secret("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HEADERS = {"Host": "examplebucket.s3.amazonaws.com"}
SIGNED = datetime(2013, 5, 24, tzinfo=UTC)
ADDRESS = (
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)


def refused(address: str, method: str = "GET", headers: dict[str, str] | None = None, now: datetime = SIGNED) -> Refusal:
    with pytest.raises(Refusal) as caught:
        check_url(method, address, headers or HEADERS, SECRET, now)
    return caught.value


def test_amazons_own_example_is_taken_until_it_expires() -> None:
    check_url("GET", ADDRESS, HEADERS, SECRET, SIGNED)
    check_url("GET", ADDRESS, HEADERS, SECRET, SIGNED + timedelta(seconds=86399))

    assert refused(ADDRESS, now=SIGNED + timedelta(seconds=86400)).message == "Request has expired"


def test_a_url_is_good_for_its_own_method_path_host_and_query() -> None:
    assert refused(ADDRESS, method="DELETE").code == "SignatureDoesNotMatch"
    assert refused(ADDRESS.replace("test.txt", "rest.txt")).code == "SignatureDoesNotMatch"
    assert refused(ADDRESS, headers={"Host": "elsewhere"}).code == "SignatureDoesNotMatch"
    assert refused(ADDRESS + "&versionId=1").code == "SignatureDoesNotMatch"
    assert refused(ADDRESS.replace("86400", "86401")).code == "SignatureDoesNotMatch"


def test_another_access_key_is_unknown() -> None:
    assert refused(ADDRESS.replace("7EXAMPLE", "8EXAMPLE")).code == "InvalidAccessKeyId"


def test_the_old_way_to_sign_is_refused_as_in_newer_regions() -> None:
    assert refused("/test.txt?AWSAccessKeyId=A&Signature=x&Expires=1").code == "InvalidRequest"


def test_a_url_with_a_part_missing_is_refused() -> None:
    assert refused(ADDRESS.replace("X-Amz-Expires=86400&", "")).code == "AuthorizationQueryParametersError"
