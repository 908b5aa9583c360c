"""The time by somebody else's clock (RFC 3161). Where that does not answer there is no time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
from asn1crypto import cms, tsp  # type: ignore[import-untyped]
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

NO_TIME = (TimestampRequestError, SigningError, OSError)
SECONDS = 4.0  # a patient waits for the paper
TYPE = "application/timestamp-query"


class Authority(TimeStamper):
    """A time-stamp authority at an address."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        try:
            async with httpx.AsyncClient(timeout=SECONDS) as client:
                answer = await client.post(
                    self.url, content=req.dump(), headers={"Content-Type": TYPE}
                )
            answer.raise_for_status()
            said = tsp.TimeStampResp.load(answer.content, strict=True)
            said["status"]["status"].native  # noqa: B018  asn1crypto parses when it is looked at
        except (httpx.HTTPError, ValueError) as error:
            raise TimestampRequestError("no time stamp") from error
        return said


def ask(url: str, digest: bytes) -> bytes:
    """A time-stamp token for a SHA-256, as the authority sent it; not looked into yet."""
    authority = Authority(url)
    with ThreadPoolExecutor(max_workers=1) as pool:  # a test's browser has an event loop already
        token: cms.ContentInfo = pool.submit(
            asyncio.run, authority.async_timestamp(digest, "sha256")
        ).result()
    return bytes(token.dump())
