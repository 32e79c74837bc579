"""What requests and answers share: masks, pages, QR codes."""
