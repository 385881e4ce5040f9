/* The elements that tests and fuzzing of OTA put into the small package; no test library needed. */
#ifndef DUNLIN_TESTS_OTA_ELEMENTS_H
#define DUNLIN_TESTS_OTA_ELEMENTS_H

/* Security domain A000000151000000 with TARs B20100 and 000000, MSL 06, key sets 1 to 4 for SCP80
   (those of ota_lab.h) and 30 for SCP03; RFM with TAR B00011 (USIM, full access, MSL 06), B00012
   (MSL 00, ADM1 for the UICC's files), B00013 (MSL 16, no access), B00014 (USIM: only what is
   always allowed). */
extern const char OTA_ELEMENTS[];

#endif
