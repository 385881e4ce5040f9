/* The elements that tests and fuzzing of OTA put into the small package; no test library needed. */
#ifndef DUNLIN_TESTS_OTA_ELEMENTS_H
#define DUNLIN_TESTS_OTA_ELEMENTS_H

/* Security domain A000000151000000 with TARs B20100 and 000000, MSL 06, key sets 1 to 4 for SCP80
   (those of ota_lab.h) and 30 for SCP03; RFM with TAR B00011 (USIM, full access, MSL 06), B00012
   (MSL 00, ADM1 for the UICC's files), B00013 (MSL 16, no access), B00014 (USIM: only what is
   always allowed). */
extern const char OTA_ELEMENTS[];

/* The same domain with key sets 1 and 30, a pre-shared key of version 40 with its DEK, and
   parameters for administration over HTTP; the same RFM instances, and ...07 whose level asks for a
   signature; below it domain A000000151000001 with TAR B20101, set 1, pre-shared keys of version 41
   (32 octets; another where the DEK should be) and 50 (which is none of SCP81), and RFM instance
   ...06. */
extern const char OTA_ADMIN_ELEMENTS[];
#define OTA_PSK "500102030405060708090A0B0C0D0E0F"
/* 192.0.2.1:8443, identity "card-1" for key 40/01, 2 retries after 5 s, sr.example, /admin */
#define OTA_ADMIN_TERMS                                                                            \
    "8539 840C3C030220FB3E0521C0000201 850A06636172642D31024001 860700022503000050"                \
    "89148A0A73722E6578616D706C658C062F61646D696E"

#endif
