/* A card as the tests of euicc/ have it. */
#include "../euicc/uicc_card.c"
#include "../euicc/uicc_package.c"
