"""Parts of requests and answers: masks, pages, instants, base64url, signed text, QR codes."""
