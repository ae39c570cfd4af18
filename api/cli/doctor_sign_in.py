"""What the doctor looks at in signing in: the company's own sign-in, where one is set."""

from __future__ import annotations

from api.checks import Check
from api.cli.company_sign_in import client_of
from api.cli.settings import Settings, SettingsError
from api.signing_in.oidc import IssuerUnreachable, Provider
from domain.language.catalogue import say

NAME = "sign_in"


def check_sign_in(settings: Settings) -> Check:
    """Whether the company's own sign-in answers. The installation is well without: people have passwords then."""
    try:
        client = client_of(settings)
    except SettingsError as error:
        return Check(NAME, ok=False, found=str(error), remedy="Mend the variable, or unset it.")
    if client is None:
        found = "by password or an address that works once; no company sign-in (KAMS_OIDC_ISSUER is not set)"
        return Check(NAME, ok=True, found=found)
    try:
        Provider(client).look()
    except IssuerUnreachable as error:
        return Check(NAME, ok=True, found=str(error), remedy="Mend KAMS_OIDC_ISSUER or the issuer; passwords work on.")
    found = say("{issuer} answers; members are named by its {claim}", issuer=client.issuer, claim=client.claim)
    return Check(NAME, ok=True, found=found)
