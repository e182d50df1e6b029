#include "base/ascii.h"

#include <ctype.h>

#include "unit/expect.h"

static void every_byte_is_what_the_c_locale_says(void **state) {
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        assert_int_equal(ascii_is_digit(c), isdigit(byte) != 0);
        assert_int_equal(ascii_is_lower(c), islower(byte) != 0);
        assert_int_equal(ascii_is_upper(c), isupper(byte) != 0);
        assert_int_equal(ascii_is_letter(c), isalpha(byte) != 0);
        assert_int_equal(ascii_is_alnum(c), isalnum(byte) != 0);
        assert_int_equal(ascii_is_json_space(c), isspace(byte) && c != '\v' && c != '\f');
        assert_int_equal((unsigned char)ascii_to_lower(c), tolower(byte));
        assert_int_equal((unsigned char)ascii_to_upper(c), toupper(byte));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_byte_is_what_the_c_locale_says)};
    return cmocka_run_group_tests_name("ascii", tests, NULL, NULL);
}
