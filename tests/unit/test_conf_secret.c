// SPDX-License-Identifier: GPL-3.0-or-later
// Values from the environment, from files and from credentials; what is secret stays so.
#include "base/error.h"
#include "conf/conf.h"
#include "conf_files.h"
#include "tests/unit/run_suite.h"

static struct diagnostics d;
static struct site *site;

static void set_up(void)
{
    scratch_open();
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void tear_down(void)
{
    site_free(site);
    site = NULL;
    diagnostics_free(&d);
    scratch_close();
}

static int load(const char *mqtt)
{
    char text[2048];
    snprintf(text, sizeof(text),
             "area: {id: a, latitude: 1, longitude: 1}\nbuses: {b: {}}\n"
             "batteries: {s: {bus: b, capacity: 1 kWh, max_charge: 1 kW, max_discharge: 1 kW}}\nmqtt: {%s}\n",
             mqtt);
    return conf_load(scratch_write("aems.yaml", text), &d, &site);
}

START_TEST(any_option_may_come_from_the_environment)
{
    setenv("AEMS_TEST_HOST", "broker", 1);
    setenv("AEMS_TEST_PORT", "1999", 1);
    ck_assert_int_eq(load("host: !env AEMS_TEST_HOST, port: !env AEMS_TEST_PORT"), 0);
    ck_assert_str_eq(site->mqtt.host, "broker");
    ck_assert_int_eq(site->mqtt.port, 1999);
}
END_TEST

START_TEST(a_secret_file_is_read_beside_the_configuration_without_its_newline)
{
    ck_assert_int_eq(chmod(scratch_write("password", "p w \n"), 0640), 0);
    ck_assert_int_eq(load("username: u, password: !file password"), 0);
    ck_assert_str_eq(site->mqtt.password, "p w ");
    ck_assert_uint_eq(d.count, 0);
}
END_TEST

START_TEST(a_secret_file_that_others_can_read_is_refused_with_the_remedy)
{
    ck_assert_int_eq(chmod(scratch_write("password", "hunter2\n"), 0644), 0);
    ck_assert_int_eq(load("username: u, password: !file password"), AEMS_E_FORMAT);
    ck_assert(has_message(&d, SEVERITY_ERROR, 4, "chmod o-rwx"));
    ck_assert(!mentions(&d, "hunter2"));
}
END_TEST

START_TEST(a_file_that_holds_no_secret_may_be_readable)
{
    ck_assert_int_eq(chmod(scratch_write("user", "name\n"), 0644), 0);
    ck_assert_int_eq(load("username: !file user"), 0);
    ck_assert_str_eq(site->mqtt.username, "name");
}
END_TEST

START_TEST(a_credential_is_found_where_systemd_puts_it)
{
    setenv("CREDENTIALS_DIRECTORY", scratch, 1);
    scratch_write("mqtt-password", "s3cret");
    ck_assert_int_eq(load("username: u, password: !credential mqtt-password"), 0);
    ck_assert_str_eq(site->mqtt.password, "s3cret");
}
END_TEST

START_TEST(a_credential_without_its_folder_is_refused)
{
    ck_assert_int_eq(load("username: u, password: !credential mqtt-password"), AEMS_E_FORMAT);
    ck_assert(mentions(&d, "$CREDENTIALS_DIRECTORY is not set"));
}
END_TEST

START_TEST(a_secret_that_does_not_fit_is_not_shown)
{
    char secret[400];
    memset(secret, 'Q', sizeof(secret));
    ck_assert_int_eq(chmod(scratch_bytes("password", secret, sizeof(secret)), 0600), 0);
    setenv("AEMS_TEST_SECRET", "QQQQ", 1);
    ck_assert_int_eq(load("username: u, password: !file password, port: !env AEMS_TEST_SECRET"), AEMS_E_FORMAT);
    ck_assert_uint_eq(d.errors, 2);
    ck_assert(!mentions(&d, "QQ"));
}
END_TEST

START_TEST(a_secret_file_with_a_nul_is_refused)
{
    ck_assert_int_eq(chmod(scratch_bytes("password", "a\0b", 3), 0600), 0);
    ck_assert_int_eq(load("username: u, password: !file password"), AEMS_E_FORMAT);
    ck_assert(mentions(&d, "without NUL"));
}
END_TEST

START_TEST(loading_leaves_the_environment_alone)
{
    setenv("TZ", "Europe/Paris", 1);
    ck_assert_int_eq(load(""), 0);
    ck_assert_str_eq(getenv("TZ"), "Europe/Paris");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf secret");
    TCase *tests = tcase_create("conf secret");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, any_option_may_come_from_the_environment);
    tcase_add_test(tests, a_secret_file_is_read_beside_the_configuration_without_its_newline);
    tcase_add_test(tests, a_secret_file_that_others_can_read_is_refused_with_the_remedy);
    tcase_add_test(tests, a_file_that_holds_no_secret_may_be_readable);
    tcase_add_test(tests, a_credential_is_found_where_systemd_puts_it);
    tcase_add_test(tests, a_credential_without_its_folder_is_refused);
    tcase_add_test(tests, a_secret_that_does_not_fit_is_not_shown);
    tcase_add_test(tests, a_secret_file_with_a_nul_is_refused);
    tcase_add_test(tests, loading_leaves_the_environment_alone);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
