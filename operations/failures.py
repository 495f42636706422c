"""What an error says to its user that no command has foreseen: of AWS, of this machine, or of our own making."""

import errno
import os
import re
import time
import traceback

from operations import LOCAL, OperationError

# Of the files that a person names, or of the machine: these are no bugs of ours.
OF_THE_MACHINE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    *(errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG),
}
FULL = re.compile(r"ENOSPC|EDQUOT|Errno (28|122)\b|No space left on device", re.IGNORECASE)
FULL_TEXT = "the disk is full: make room, and run the same command again"
TRACEBACK = "Traceback (most recent call last)"
# The codes of STS, S3, EC2 and the others. HEAD has no body, so of a token that has expired S3 says 400 only:
# https://github.com/boto/boto/issues/2916, https://github.com/snowflakedb/snowflake-connector-python/pull/30
EXPIRED_CODES = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "400"}
EXPIRED_TYPES = {
    *("UnauthorizedSSOTokenError", "SSOTokenLoadError", "TokenRetrievalError"),
    *("LoginRefreshRequired", "LoginTokenLoadError"),
}
MISSING_TYPES = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "NoAuthTokenError"}


def text(error: Exception) -> str:
    """One message for an error that nothing has caught."""
    if isinstance(error, OperationError):
        return str(error)
    if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return FULL_TEXT
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    if type(error).__module__.startswith("botocore"):
        return of_aws(error)
    return of_traceback("".join(traceback.format_exception(error)))


def of_traceback(said: str) -> str:
    """One message for what a Python program has left behind, which is kept in a file."""
    if FULL.search(said):
        return FULL_TEXT
    path = LOCAL / "logs" / f"error-{time.strftime('%Y%m%d-%H%M%S')}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{said}\n", encoding="utf-8")
    except OSError as error:
        kept = f"cannot be kept in {path} ({error.strerror}):\n{said}"
    else:
        kept = f"is in {path}"
    lines = [line for line in said.splitlines() if line.strip()]
    return (
        f"this is a bug of the platform, or of what you have changed in its code: {lines[-1].strip()}\n"
        f"Please report it where you have changed nothing. All of it {kept}"
    )


def of_aws(error: Exception) -> str:
    """What a ClientError or a BotoCoreError means, and how to log in where that is what it needs."""
    if has_expired(error):
        return f"the login to AWS has expired. {log_in(error)}"
    if type(error).__name__ in MISSING_TYPES | {"ProfileNotFound", "ConfigParseError"}:
        return f"no valid credentials ({error}). {log_in(error)}"
    return str(error)


def has_expired(error: Exception) -> bool:
    response = getattr(error, "response", None) or {}
    return response.get("Error", {}).get("Code") in EXPIRED_CODES or type(error).__name__ in EXPIRED_TYPES


def log_in(error: Exception) -> str:
    """What to do to have credentials, by where they come from here."""
    profile = os.environ.get("AWS_PROFILE")
    if type(error).__name__ == "ConfigParseError":
        return "Correct that file."
    if type(error).__name__ == "ProfileNotFound":
        return f"Correct AWS_PROFILE, or write that profile: aws configure sso --profile {profile}"
    if "AWS_ACCESS_KEY_ID" in os.environ:
        keys = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
        return f"Renew {keys}, or unset them and set AWS_PROFILE."
    return f"Log in again: aws sso login --profile {profile}" if profile else "Log in, or set AWS_PROFILE."
