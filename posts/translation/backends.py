"""The services: Azure Translator, LibreTranslate, DeepL.

Each is a function of the text and two language tags that returns the translation,
by the service's published protocol:
https://learn.microsoft.com/azure/ai-services/translator/text-translation/reference/v3/translate
https://docs.libretranslate.com/guides/api_usage/
https://developers.deepl.com/docs/api-reference/translate
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings

from posts.translation.errors import ServiceUnreachable, TranslationError

RESPONSE_MAX_BYTES = 100_000
_OK = 200

Backend = Callable[[str, str, str], str]


def _post(url: str, **request: Any) -> Any:
    """POST and return the decoded JSON.

    Raises ``ServiceUnreachable`` if there is no response in time, and
    ``TranslationError`` for any response but a short JSON document with status 200.
    """
    import requests  # noqa: PLC0415  (only who translates needs it)

    from core.bounded_http import BoundedAdapter, ResponseTooLarge  # noqa: PLC0415

    seconds = settings.TRANSLATOR_TIMEOUT
    try:
        with requests.Session() as session:
            for scheme in ("http://", "https://"):
                session.mount(scheme, BoundedAdapter(seconds, RESPONSE_MAX_BYTES))
            answer = session.post(
                url, timeout=seconds, allow_redirects=False, **request
            )
        if answer.status_code != _OK:
            reason = f"{url} answered {answer.status_code}: {answer.content[:200]!r}"
            raise TranslationError(reason)
        return answer.json()
    except (requests.JSONDecodeError, RecursionError) as error:
        reason = f"{url} answered something that is not JSON."
        raise TranslationError(reason) from error
    except ResponseTooLarge as error:
        raise TranslationError(f"{url}: {error}") from error
    except (requests.RequestException, OSError) as error:
        raise ServiceUnreachable(str(error)) from error


def _text(value: Any) -> str:
    """Return the text; raise ``TypeError`` for any other type."""
    if not isinstance(value, str):
        message = f"A text was expected, not {type(value).__name__}."
        raise TypeError(message)
    return value


def azure(text: str, source: str, target: str) -> str:
    """Translate by Azure Translator, version 3."""
    base = settings.TRANSLATOR_URL or "https://api.cognitive.microsofttranslator.com"
    headers = {"Ocp-Apim-Subscription-Key": settings.TRANSLATOR_KEY}
    if settings.TRANSLATOR_REGION:
        headers["Ocp-Apim-Subscription-Region"] = settings.TRANSLATOR_REGION
    tags = {"zh": "zh-Hans", "no": "nb", "sr": "sr-Cyrl"}
    answer = _post(
        f"{base.rstrip('/')}/translate",
        params={
            "api-version": "3.0",
            "from": tags.get(source, source),
            "to": tags.get(target, target),
        },
        headers=headers,
        json=[{"Text": text}],
    )
    return _text(answer[0]["translations"][0]["text"])


def libretranslate(text: str, source: str, target: str) -> str:
    """Translate by a LibreTranslate server."""
    answer = _post(
        f"{settings.TRANSLATOR_URL.rstrip('/')}/translate",
        json={
            "q": text,
            "source": source,
            "target": target,
            "format": "text",
            "api_key": settings.TRANSLATOR_KEY,
        },
    )
    return _text(answer["translatedText"])


def deepl(text: str, source: str, target: str) -> str:
    """Translate by DeepL; keys that end in ``:fx`` belong to its free service."""
    free = settings.TRANSLATOR_KEY.endswith(":fx")
    base = settings.TRANSLATOR_URL or (
        "https://api-free.deepl.com" if free else "https://api.deepl.com"
    )
    sources = {"no": "NB"}
    targets = {"en": "EN-GB", "pt": "PT-PT", "no": "NB", "zh": "ZH-HANS"}
    answer = _post(
        f"{base.rstrip('/')}/v2/translate",
        headers={"Authorization": f"DeepL-Auth-Key {settings.TRANSLATOR_KEY}"},
        json={
            "text": [text],
            "source_lang": sources.get(source, source.upper()),
            "target_lang": targets.get(target, target.upper()),
        },
    )
    return _text(answer["translations"][0]["text"])


BACKENDS: dict[str, tuple[str, Backend]] = {
    "azure": ("Azure Translator", azure),
    "libretranslate": ("LibreTranslate", libretranslate),
    "deepl": ("DeepL", deepl),
}
