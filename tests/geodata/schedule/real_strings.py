"""Real `opening_hours` texts, as published.

From rrainn/PlaceCompile (Unlicense), the French national register of charging stations through
Jungle-Bus/ref-EU-EVSE (Licence Ouverte 2.0, 2022-12-05) and the sample of
remi-dupre/opening-hours-rs (MIT or Apache-2.0).
"""

TEXTS = (
    "24/7",
    "Mo-Su 06:00-23:00",
    "Mo-Sa 08:00-22:00; Su 08:00-21:00",
    "Mo 06:00-23:00; Tu 07:00-23:00; We-Su 06:00-23:00",
    "Mo-Th 11:00-21:00; Fr-Sa 11:00-22:00; Su 11:00-21:00",
    "Mo-Th 07:00-23:00; Fr 07:00-23:59; Sa-Su 14:00-23:00",
    "Mo-Th 07:30-22:00; Fr 07:30-15:00; Sa 12:00-16:00; Su 14:00-20:00",
    "Mo-Fr 07:30-04:30",
    "Mo-Fr 7:00-17:30",
    "Mo-Su 08:00-24:00",
    "Mo-Su 08:00-08:00",
    "Mo 08:00-17:30, Tu 08:00-17:30, We 08:00-17:30, Th 08:00-17:30, Fr 08:00-12:00",
    "Mo 9:00-18:00, Tu 9:00-18:00, We 9:00-18:00, Th 9:00-18:00, Fr 9:00-18:00",
    "Mo 00:00-23:59, Tu 00:00-23:59, We 00:00-23:59, Th 00:00-23:59, Fr 00:00-23:59, "
    "Sa 13:01-05:59, Su 00:00-23:59",
    "Fr-Sa 18:00-06:00; PH off",
    "Jan-Jul: 22:00-23:00; PH off",
    "Jul-Jan: 22:00-23:00; PH off",
    "Mo-Su 11:00-22:30 ; PH off",
    "Mo-Th,Sa-Su 11:00-23:00 ; Fr 17:00-23:00 ; PH off",
    "Mo-Su 09:00-24:00 ; PH off ; 2021 Apr 10-16 off",
    "Mo-Su 00:00-01:00, 10:30-24:00 ; PH off ; 2021 Apr 10 00:00-01:00 ; 2021 Apr 11-16 off ; "
    "2021 Apr 17 10:30-24:00",
    "Tu-Fr 09:00-18:45 ; Sa 08:30-18:45 ; Su 09:00-13:00 ; PH off ; 2021 Jul 14 09:00-13:00",
    "Mo-Tu 00:00-02:00, 12:00-24:00 ; We-Th 00:00-03:00, 12:00-24:00 ; "
    "Fr-Su 00:00-05:00, 12:00-24:00 ; PH off",
    "Tu,PH 23:59-22:59",
    "We-Mo,PH 23:59-22:59",
    "Mo-Su 22:00-23:00; We,PH off",
    "00:00-24:00; Tu-Su,PH 08:30-09:00 off; Tu-Su 14:00-14:30 off; Mo 08:00-13:00 off",
)
