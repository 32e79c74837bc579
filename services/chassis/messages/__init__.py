"""Parts of requests and answers: masks, pages, instants, signed text, QR codes."""
