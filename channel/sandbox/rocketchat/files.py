"""What a message with a file looks like."""

from typing import Any

from .ids import new_id
from .records import Attachment

_UPLOADS = "/file-upload"


def of_attachment(attachment: Attachment, site: str) -> dict[str, Any]:
    """Return the keys of a file message: relative links, one absolute one, the caption beneath the file."""
    id = new_id()
    link = f"{_UPLOADS}/{id}/{attachment.name}"
    file = {
        "_id": id,
        "name": attachment.name,
        "type": attachment.type,
        "size": attachment.size,
        "format": attachment.type.rsplit("/", maxsplit=1)[-1],
    }
    attached = {
        "title": attachment.name,
        "type": "file",
        "description": attachment.caption,
        "title_link": link,
        "title_link_download": True,
        **_picture(attachment),
    }
    public = {"publicFilePath": f"{site}{link}?token=jwt", "type": attachment.type, "size": attachment.size}
    return {"file": file, "files": [file], "attachments": [attached], "fileUpload": public}


def _picture(attachment: Attachment) -> dict[str, Any]:
    """Return what only an image has; its `image_url` leads to a thumbnail."""
    if not attachment.type.startswith("image/"):
        return {}
    return {
        "image_dimensions": {"width": 480, "height": 360},
        "image_preview": "/9j/4AAQSkZJRgABAQ==",
        "image_url": f"{_UPLOADS}/{new_id()}/{attachment.name}",
        "image_type": attachment.type,
        "image_size": attachment.size,
    }
