"""What every server of the suite shares. It knows no domain: no store, no stock, no fence."""
