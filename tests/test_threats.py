"""Each row of the threat table, and the tests that hold it; a test that is renamed or deleted is missed here."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent

THREATS: dict[str, tuple[str, ...]] = {
    "a customer reads others' orders or photos": (
        "web/test_copies.py::test_no_link_can_be_made_of_another",
        "contracts/test_storage_group.py::test_only_the_case_s_own_chat_is_shown_a_case_that_an_event_names",
    ),
    "order numbers are guessed": (
        "app/test_guessing.py::test_a_number_that_is_not_theirs_is_answered_byte_for_byte_as_one_that_is_not_there",
        "app/test_guessing.py::test_whoever_lets_themselves_be_forgotten_may_not_guess_more",
        "app/test_finding.py::test_a_chat_has_a_few_guesses_an_hour",
        "app/test_finding.py::test_a_number_can_be_guessed_at_a_few_times_an_hour_by_all_chats_together",
        "app/test_finding.py::test_an_answer_takes_its_time_whatever_it_is",
    ),
    "a seller reads another's bundles": (
        "web/test_inbox_access.py::test_no_route_shows_or_changes_anything_of_another_seller",
        "web/test_inbox_access.py::test_the_matrix_is_not_blind_bolt_sees_all_of_it",
        "web/test_hooks.py::test_a_seller_cannot_speak_of_another_s_case",
        "web/test_inbox_wall.py::test_two_sellers_at_random_see_nothing_of_each_other_though_every_question_forgot_whose",
        "storage/test_wall.py::test_every_table_has_its_place_before_or_behind_the_wall",
        "storage/test_wall.py::test_policies_bind_the_tables_owner_too",
        "storage/test_wall.py::test_a_raw_connection_sees_and_touches_its_own_rows_alone",
        "storage/test_wall.py::test_a_raw_connection_puts_nothing_on_the_other_side",
        "storage/test_wall_doors.py::test_every_door_of_a_sellers_names_the_seller",
        "storage/test_wall_doors.py::test_a_connection_that_served_a_seller_is_nobodys_afterwards",
        "test_diagnosis.py::test_the_doctor_warns_of_a_role_that_no_policy_binds",
        "deploy/test_database.py::test_the_script_leaves_the_bot_a_plain_role_that_owns_its_database",
    ),
    "forged updates": (
        "telegram/test_webhook.py::test_whoever_does_not_know_the_secret_writes_nothing",
        "telegram/test_webhook.py::test_only_json_is_read",
        "telegram/test_webhook.py::test_a_huge_body_is_refused_whether_announced_or_not",
        "telegram/test_webhook.py::test_a_small_body_that_swells_when_it_is_unpacked_is_refused",
    ),
    "replayed or reordered updates": (
        "contracts/test_storage_contract.py::test_a_repeated_arrival_changes_nothing",
        "contracts/test_storage_contract.py::test_arrivals_that_wait_together_are_worked_in_their_order",
    ),
    "a forged reply by mail": (
        "inboxes/test_email_replies.py::test_without_the_right_token_nobody_speaks_whoever_they_say_they_are",
        "inboxes/test_email_replies.py::test_a_sender_whom_nobody_named_is_called_unverified_or_refused",
        "inboxes/test_email.py::test_the_reply_address_is_bound_to_its_case",
    ),
    "a forged answer by webhook": (
        "inboxes/test_webhook_heard.py::test_forged_late_and_garbled_calls_are_refused",
        "inboxes/test_webhook_heard.py::test_one_changed_byte_is_a_forgery",
        "web/test_hooks.py::test_the_same_thing_told_again_counts_once",
    ),
    "a request forged through a seller's address": (
        "test_public_hosts.py::test_what_leads_inside_is_no_public_host",
        "test_public_hosts.py::test_a_name_that_changes_its_answer_is_looked_at_each_time",
        "test_public_hosts.py::test_nothing_on_this_machine_is_reached_by_a_name_and_it_is_asked_for_once",
        "inboxes/test_webhook.py::test_a_name_that_leads_to_this_machine_is_refused_for_good",
        "inboxes/test_webhook.py::test_of_hostile_addresses_only_plain_names_are_left_to_the_resolver",
    ),
    "a hostile file handed to a customer": (
        "app/test_attachments.py::test_what_is_no_picture_and_no_pdf_stays_behind",
        "app/test_attachments.py::test_no_hostile_picture_reaches_a_customer_as_it_came",
        "inboxes/test_email_replies.py::test_a_file_alone_is_an_answer_and_strangers_hand_nothing_over",
        "web/test_inbox_files.py::test_what_is_out_of_bounds_is_refused_with_a_page",
    ),
    "card numbers that reach a seller": (
        "photos/test_reader.py::test_a_card_number_is_painted_over_in_the_seller_s_copy_and_nothing_else",
        "test_printed.py::test_card_numbers_are_masked_and_other_long_numbers_stay",
    ),
    "script in the sellers' pages": (
        "web/test_inbox_pages.py::test_hostile_words_in_every_field_stay_words",
    ),
    "bombs and parser bugs": (
        "photos/test_hostile.py::test_every_hostile_file_ends_as_expected_in_one_small_worker",
        "photos/test_decode.py::test_a_bomb_is_refused_by_its_header",
        "photos/test_pool.py::test_too_little_memory_is_a_refusal_and_not_a_death",
        "photos/test_pool.py::test_a_late_worker_is_killed",
    ),
    "one chat floods": (
        "telegram/test_flood.py::test_haste_passes_and_a_flood_is_told_once",
        "telegram/test_flood.py::test_other_chats_and_other_kinds_are_not_held_up",
    ),
    "a form of another site": (
        "web/test_inbox_access.py::test_no_form_that_no_page_of_ours_made_changes_anything",
    ),
    "a session is fixed or stolen": (
        "web/test_inbox_sessions.py::test_a_link_signs_in_once_and_only_when_pressed",
        "web/test_inbox_sessions.py::test_signing_out_ends_the_session_for_good",
        "web/test_inbox_sessions.py::test_signing_in_again_begins_another_session_and_ends_the_one_before",
        "web/test_inbox_sessions.py::test_over_https_the_cookie_is_the_host_s_alone_and_nothing_of_it_is_kept",
        "web/test_inbox_access.py::test_another_site_signs_nobody_in",
    ),
    "secrets and personal data in logs": (
        "journeys/test_secrets.py::test_no_secret_and_nothing_personal_is_logged_measured_traced_or_shown",
        "journeys/test_secrets.py::test_the_doctor_tells_no_secret_when_everything_is_out_of_reach",
        "telegram/test_redaction.py::test_arguments_and_tracebacks_are_redacted_too",
        "storage/test_blobs.py::test_an_object_store_that_fails_is_a_storage_failure_and_no_missing_photo",
        "photos/test_pool.py::test_a_worker_gets_no_secrets_from_the_environment",
    ),
    "the place in a photo": (
        "photos/test_prepare.py::test_nothing_but_pixels_is_left",
        "photos/test_lossless.py::test_the_pixels_stay_and_the_rest_goes",
    ),
    "paths in names": (
        "storage/test_blobs.py::test_no_key_names_a_place_outside",
        "storage/test_blobs.py::test_no_case_names_a_place_outside",
        "inboxes/test_folder.py::test_hostile_labels_stay_inside_the_case",
    ),
    "headers in mails": (
        "inboxes/test_email.py::test_hostile_words_add_no_header_no_recipient_and_no_attachment",
    ),
    "formulas in exports": ("web/test_inbox_pages.py::test_no_cell_is_a_formula",),
    "a flow that means harm": (
        "flows/test_loader.py::test_a_bomb_is_refused_at_once",
        "flows/test_loader.py::test_what_is_no_flow_is_a_fault_and_never_an_error",
        "flows/test_loader.py::test_a_template_is_read_or_refused_and_values_are_never_read_again",
    ),
    "an update that kills": (
        "contracts/test_storage_contract.py::test_a_poisoned_arrival_is_set_aside_and_the_chat_goes_on",
        "photos/test_pool.py::test_bytes_that_kill_twice_are_refused_and_never_tried_again",
        "app/test_apologies.py::test_the_customer_is_asked_again_and_the_operators_are_told_without_what_was_said",
    ),
    "a replica that should be dead": (
        "contracts/test_storage_group.py::test_the_fence_refuses_a_write_on_a_state_that_is_not_the_one_loaded",
        "contracts/test_storage_owners.py::test_rows_of_a_process_whose_lease_ran_out_are_taken_over_in_order",
    ),
}  # fmt: skip


@pytest.mark.parametrize("threat", THREATS)
def test_a_threat_is_held_by_tests_that_are_there(threat: str) -> None:
    for named in THREATS[threat]:
        file, _, test = named.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        there = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert test in there, named
